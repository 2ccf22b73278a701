import { describe, expect, test } from "vitest";
import { startForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { documentedMetrics, scrapeUntil } from "../support/metrics.ts";
import { OtlpServer } from "../support/otlp-server.ts";

const SERVED = ["--metrics", "0"];

describe("a forwarder's metrics", () => {
  const LINES = 20;
  const record = (n: number): string => `${JSON.stringify({ time: new Date(0).toISOString(), n })}\n`;
  const CONTENT = Array.from({ length: LINES }, (_, n) => record(n)).join("");

  test("count what is sent, sent again, rejected and acknowledged, and the lag", async () => {
    const server = await OtlpServer.start();
    let isBusy = true;
    server.reply = ({ text }) => {
      const status = isBusy ? 503 : text.includes('{"intValue":"7"}') ? 400 : 200;
      isBusy = false;
      return { status };
    };
    const path = logFile(CONTENT);
    const forwarder = startForwarder([path, "--to", `otlp+${server.url}`, "--block", "500B", ...SERVED]);
    const { address } = await forwarder.event("metrics");
    const name = (metric: string): string => `log_aggregator_forwarder_${metric}`;
    const found = await scrapeUntil(String(address), (seen) => seen.sum(name("lag_bytes")) === 0);
    expect(found.sum(name("acknowledged_lines_total"))).toBe(LINES - 1);
    expect(found.sum(name("rejected_lines_total"), 'reason="refused"')).toBe(1);
    expect(found.sum(name("resent_blocks_total"))).toBeGreaterThan(0);
    expect(found.sum(name("sent_lines_total")) - found.sum(name("resent_lines_total"))).toBe(LINES);
    expect(found.sum(name("sent_bytes_total")) - found.sum(name("resent_bytes_total"))).toBe(CONTENT.length);
    expect(found.sum(name("outages_total"))).toBe(1);
    expect(found.sum(name("connections_total"))).toBe(2);
    expect(found.sum(name("connected"))).toBe(1);
    expect([found.sum(name("lag_lines")), found.sum(name("lag_seconds"))]).toEqual([0, 0]);
    expect(found.sum(name("acknowledge_seconds_count"))).toBe(found.sum(name("acknowledged_blocks_total")));
    const health = await fetch(`http://${address}/healthz`);
    expect([health.status, await health.text()]).toEqual([200, "ok\n"]);
    forwarder.child.kill("SIGTERM");
    expect(await forwarder.ended).toBe(3);
    const done = await forwarder.event("done");
    expect(done).toMatchObject({ lines: found.sum(name("acknowledged_lines_total")), rejected: 1 });
    expect(done["bytes"]).toBe(found.sum(name("acknowledged_bytes_total")));
  });

  test("show the lag while the engine can't be reached, and the health says why", async () => {
    const server = await OtlpServer.start();
    const { url } = server;
    server.close();
    const forwarder = startForwarder([logFile(`${CONTENT}unfinished`), "--to", `otlp+${url}`, ...SERVED]);
    const { address } = await forwarder.event("metrics");
    const found = await scrapeUntil(
      String(address),
      (seen) => seen.sum("log_aggregator_forwarder_outages_total") === 1,
    );
    expect(found.sum("log_aggregator_forwarder_lag_bytes")).toBe(CONTENT.length);
    expect(found.sum("log_aggregator_forwarder_lag_lines")).toBe(LINES);
    expect(found.sum("log_aggregator_forwarder_lag_seconds")).toBeGreaterThan(1e9);
    expect(found.sum("log_aggregator_forwarder_connected")).toBe(0);
    const health = await fetch(`http://${address}/healthz`);
    expect([health.status, await health.text()]).toEqual([503, expect.stringMatching(/ECONNREFUSED.*, for 0 s\n$/)]);
  });

  test("are those that docs/metrics.md lists", async () => {
    const server = await OtlpServer.start();
    const forwarder = startForwarder([logFile(CONTENT), "--to", `otlp+${server.url}`, ...SERVED]);
    const { address } = await forwarder.event("metrics");
    const found = await scrapeUntil(String(address), (seen) => seen.values.has("log_aggregator_forwarder_lag_seconds"));
    expect(found.rows()).toEqual(documentedMetrics("Forwarder", "Both"));
  });
});
