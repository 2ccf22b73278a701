import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { TRANSPORT_NAMES, type TransportName } from "../../src/core/transport-name.ts";
import type { TransportLedger } from "../../src/ledger/ledger.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { AggregatorProcess, accountOf, type ClosedEvent, runAggregator } from "../support/aggregator-process.ts";
import { warnings } from "../support/diagnostics.ts";
import { runForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { documentedMetrics, metricsAddress, type Scrape, scrape, scrapeUntil } from "../support/metrics.ts";
import { openRawSender, type RawSender } from "../support/raw-sender.ts";

const SERVED = ["--metrics", "0"];

function senderTo(aggregator: AggregatorProcess, name: TransportName): RawSender {
  return openRawSender(aggregator.endpoint(name), REGISTRY[name].traits.boundary);
}

/** The count of a source's ledger that a metric shows, with the text of its labels. */
const SHOWN: readonly (readonly [count: keyof TransportLedger, metric: string, reason?: string])[] = [
  ["received", "received_lines_total"],
  ["receivedBytes", "received_bytes_total"],
  ["stored", "stored_lines_total"],
  ["wrapped", "wrapped_lines_total"],
  ["unterminated", "unterminated_lines_total"],
  ["blank", "not_stored_lines_total", "blank"],
  ["oversize", "not_stored_lines_total", "oversize"],
  ["shed", "not_stored_lines_total", "shed"],
  ["truncated", "not_stored_lines_total", "truncated"],
  ["partial", "not_stored_lines_total", "partial"],
  ["limited", "not_stored_lines_total", "limited"],
  ["emptyMessages", "empty_messages_total"],
  ["accepted", "accepted_connections_total"],
  ["excessSenders", "refused_connections_total", "excess"],
  ["httpRequests", "refused_connections_total", "http"],
  ["kernelDrops", "kernel_dropped_messages_total"],
];

/** What a scrape shows of each count of the ledger, and what the ledger says. */
function compare(found: Scrape, ledger: ClosedEvent): { readonly shown: unknown; readonly counted: unknown } {
  const rows = ledger.transports.flatMap((source) =>
    SHOWN.map(([count, metric, reason]) => {
      const labels = `transport="${source.transport}",address="${source.address}"${reason === undefined ? "" : `,reason="${reason}"`}`;
      const name = `${source.transport} ${count}`;
      return { shown: [name, found.sum(`log_aggregator_${metric}`, labels)], counted: [name, source[count]] };
    }),
  );
  return { shown: rows.map(({ shown }) => shown), counted: rows.map(({ counted }) => counted) };
}

/** The counters of a scrape that have less than in one before. */
function decreased(before: Scrape, after: Scrape): string[] {
  const counters = [...before.values].filter(([series]) => /_(total|bucket|count|sum)(\{|$)/.test(series));
  return counters.flatMap(([series, value]) => ((after.values.get(series) ?? -1) < value ? [series] : []));
}

describe("an aggregator's metrics", () => {
  test("are the ledger's numbers, and no counter decreases over SIGHUP and rotation", async () => {
    const options = ["--max-line", "100B", "--rotate-size", "1KiB", "--durability", "ack", ...SERVED];
    const aggregator = await AggregatorProcess.start([...TRANSPORT_NAMES.map(addressOf), ...options]);
    const address = metricsAddress(aggregator.stdout);
    const scrapes = [await scrape(address)];
    const lines = `{"n":1}\ntext\n\n${"x".repeat(200)}\n${'{"message":"fill"}\n'.repeat(20)}`;
    for (const [round, name] of TRANSPORT_NAMES.entries()) {
      const sender = senderTo(aggregator, name);
      // Messages may have at most --max-line bytes and an LF.
      if (REGISTRY[name].traits.boundary === "stream") sender.write(lines);
      else for (const line of lines.match(/.*\n/g) ?? []) sender.write(line);
      if (name === "tcp") sender.write("unfinished");
      sender.close();
      if (round === 2) aggregator.kill("SIGHUP");
      const received = (found: Scrape): number => found.sum("log_aggregator_received_lines_total");
      scrapes.push(await scrapeUntil(address, (found) => received(found) >= 24 * (round + 1)));
    }
    const last = await scrapeUntil(address, (found) => {
      const isQuiet = found.sum("log_aggregator_connections") === 0 && found.sum("log_aggregator_queue_bytes") === 0;
      return isQuiet && found.sum("log_aggregator_oldest_line_seconds") === 0;
    });
    const { ledger } = await aggregator.stop();
    const { shown, counted } = compare(last, ledger);
    expect(shown).toEqual(counted);
    expect(accountOf(ledger, "unixsock")).toMatchObject({ blank: 1, oversize: 1, wrapped: 1 });
    expect(ledger.notStored).toMatchObject({ oversize: 5, blank: 5 });
    expect(last.sum("log_aggregator_residue_lines")).toBe(0);
    expect(last.sum("log_aggregator_durable_bytes_total")).toBe(last.sum("log_aggregator_written_bytes_total"));
    expect(last.sum("log_aggregator_durable_seconds_count")).toBeGreaterThan(0);
    expect(last.sum("log_aggregator_rotations_total")).toBe(aggregator.stderr.match(/was rotated to/g)?.length);
    for (const [at, before] of scrapes.entries()) expect(decreased(before, scrapes[at + 1] ?? last)).toEqual([]);
  });

  test("count what --rate-limit drops, and requests and connections that are closed", async () => {
    const options = ["--rate-limit", "10/s", "--max-connections-per-sender", "1", ...SERVED];
    const aggregator = await AggregatorProcess.start(["tcp=:0", ...options]);
    const address = metricsAddress(aggregator.stdout);
    const endpoint = aggregator.endpoint("tcp") as { port: number; host: string };
    const open = () => connect(endpoint.port, endpoint.host).on("error", () => {});
    const request = open();
    request.end("GET / HTTP/1.1\r\n\r\n");
    await once(request.resume(), "close");
    const first = open();
    await once(first, "connect");
    const second = open();
    await once(second.resume(), "close");
    first.end('{"n":1}\n'.repeat(1000));
    await once(first.resume(), "close");
    const found = await scrapeUntil(address, (seen) => seen.sum("log_aggregator_received_lines_total") === 1000);
    const { ledger } = await aggregator.stop();
    const { shown, counted } = compare(found, ledger);
    expect(shown).toEqual(counted);
    expect(ledger.notStored.limited).toBeGreaterThan(900);
    expect(found.sum("log_aggregator_refused_connections_total", 'reason="http"')).toBe(1);
    expect(found.sum("log_aggregator_refused_connections_total", 'reason="excess"')).toBe(1);
  });

  test("count what the kernel drops on udp", async () => {
    const aggregator = await AggregatorProcess.start(["udp=:0", "--receive-buffer", "4KiB", ...SERVED]);
    const address = metricsAddress(aggregator.stdout);
    const sender = senderTo(aggregator, "udp");
    aggregator.kill("SIGSTOP");
    for (let n = 0; n < 1000; n++) sender.write(`{"n":${n}}\n`);
    aggregator.kill("SIGCONT");
    const sum = (found: Scrape, name: string): number => found.sum(`log_aggregator_${name}`);
    const all = (found: Scrape): number =>
      sum(found, "received_lines_total") + sum(found, "kernel_dropped_messages_total");
    const found = await scrapeUntil(address, (seen) => all(seen) === 1000);
    expect(sum(found, "kernel_dropped_messages_total")).toBeGreaterThan(0);
    const { ledger } = await aggregator.stop();
    expect(ledger.kernelDrops).toBe(sum(found, "kernel_dropped_messages_total"));
  });

  test("are those that docs/metrics.md lists", async () => {
    const aggregator = await AggregatorProcess.start([...TRANSPORT_NAMES.map(addressOf), ...SERVED]);
    const found = await scrape(metricsAddress(aggregator.stdout));
    expect(found.rows()).toEqual(documentedMetrics("Aggregator", "Both"));
  });

  test("don't keep the aggregator from stopping, and it is unhealthy only before and after", async () => {
    const aggregator = await AggregatorProcess.start(["unixsock", ...SERVED]);
    const address = metricsAddress(aggregator.stdout);
    const health = await fetch(`http://${address}/healthz`);
    expect([health.status, await health.text()]).toEqual([200, "ok\n"]);
    const hanging = connect(Number(address.split(":")[1]), "127.0.0.1").on("error", () => {});
    onTestFinished(() => void hanging.destroy());
    hanging.write("GET /metrics HTTP/1.1\r\n");
    await once(hanging, "connect");
    const { status, ledger } = await aggregator.stop();
    expect([status, ledger.received]).toEqual([0, 0]);
  });
});

describe("--metrics", () => {
  test("beyond loopback comes with a warning that says what it means", async () => {
    const { stderr, stdout } = await (await AggregatorProcess.start(["unixsock", "--metrics", "0.0.0.0:0"])).stop();
    expect(metricsAddress(stdout)).toMatch(/^0\.0\.0\.0:\d+$/);
    expect(warnings(stderr)).toEqual([
      expect.stringMatching(/^metrics 0\.0\.0\.0:\d+ can be reached from other machines: anyone who reaches the port/),
    ]);
  });

  test("a port that another program has ends the start before anything is opened", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const words = `metrics 127.0.0.1:${port} is served by pid ${process.pid}; stop it or pass another address`;
    const aggregator = await runAggregator(["unixsock", "--metrics", String(port)]);
    expect([aggregator.status, aggregator.stdout]).toEqual([1, ""]);
    expect(JSON.parse(aggregator.stderr)).toMatchObject({ code: "ADDRESS_IN_USE", msg: words });
    const forwarder = await runForwarder([logFile("{}\n"), "--to", "stdout", "--once", "--metrics", String(port)]);
    expect(forwarder.status).toBe(1);
    expect(JSON.parse(forwarder.stderr)).toMatchObject({ code: "ADDRESS_IN_USE", msg: words });
  });
});

function addressOf(name: TransportName): string {
  return name === "tcp" || name === "udp" ? `${name}=:0` : name;
}
