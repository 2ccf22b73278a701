import { once } from "node:events";
import { unlinkSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { metricsAddress, type Scrape, scrape, scrapeUntil } from "../support/metrics.ts";
import { StreamClient } from "../support/stream-client.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

const MiB = 1024 * 1024;
const DISK_BYTES = 32 * MiB;
const BALLAST_BYTES = 24 * MiB;
/** More than is free beside the ballast, and less than is free without it. */
const BLOCKS = 20;
const LINES_PER_BLOCK = 1000;
const BLOCK: Buffer = Buffer.from(`{"pad":"${"x".repeat(1000)}"}\n`.repeat(LINES_PER_BLOCK));

async function health(address: string): Promise<readonly [number, string]> {
  const response = await fetch(`http://${address}/healthz`);
  return [response.status, await response.text()];
}

function sum(found: Scrape, name: string): number {
  return found.sum(`log_aggregator_${name}`);
}

test("on a full disk the aggregator is unhealthy and counts what waits; with space it is healthy again", async (context) => {
  const directory = mountTmpfs(context, DISK_BYTES);
  const ballast = join(directory, "ballast");
  writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
  const options = ["-o", join(directory, "out.jsonl"), "--queue-bytes", "2MiB", "--metrics", "0"];
  const aggregator = await AggregatorProcess.start(["unixsock", ...options]);
  const address = metricsAddress(aggregator.stdout);
  expect(await health(address)).toEqual([200, "ok\n"]);
  const client = await StreamClient.connect(aggregator.endpoint("unixsock"));
  const finished = (async () => {
    for (let n = 0; n < BLOCKS; n++) await client.write(BLOCK);
    await client.end();
  })();
  const full = await scrapeUntil(address, (found) => sum(found, "paused_seconds_total") > 0);
  expect(await health(address)).toEqual([503, "the output refuses lines (ENOSPC)\n"]);
  expect(sum(full, "output_stalled")).toBe(1);
  expect(full.sum("log_aggregator_disk_errors_total", 'operation="write"')).toBeGreaterThan(0);
  expect(sum(full, "queue_bytes")).toBeGreaterThan(sum(full, "queue_limit_bytes") / 2);
  // A line that is partly written waits still.
  expect(sum(full, "queue_lines")).toBe(Math.ceil(sum(full, "queue_bytes") / (BLOCK.length / LINES_PER_BLOCK)));
  expect(sum(full, "oldest_line_seconds")).toBeGreaterThan(0);

  unlinkSync(ballast);
  await finished;
  const lines = BLOCKS * LINES_PER_BLOCK;
  const last = await scrapeUntil(
    address,
    (found) => sum(found, "stored_lines_total") === lines && sum(found, "oldest_line_seconds") === 0,
  );
  expect(await health(address)).toEqual([200, "ok\n"]);
  expect([sum(last, "output_stalled"), sum(last, "queue_lines")]).toEqual([0, 0]);
  const { ledger } = await aggregator.stop();
  expect(ledger.stored).toBe(lines);
  expect(ledger).toMatchObject({
    output: {
      pausedSeconds: Number(sum(last, "paused_seconds_total").toFixed(3)),
      bytesDurable: sum(last, "durable_bytes_total"),
      bytesWritten: sum(last, "written_bytes_total"),
    },
  });
});

test("scrapers that send nothing, or half a request, are cut, and others are answered meanwhile", async () => {
  const aggregator = await AggregatorProcess.start(["unixsock", "--metrics", "0"]);
  const address = metricsAddress(aggregator.stdout);
  const open = (): Socket => {
    const socket = connect(Number(address.split(":")[1]), "127.0.0.1").on("error", () => {});
    onTestFinished(() => void socket.destroy());
    return socket;
  };
  const [silent, slow] = [open(), open()];
  await Promise.all([once(silent, "connect"), once(slow, "connect")]);
  slow.write("GET /metrics HTTP/1.1\r\nHost:");
  const answers = Promise.all([text(silent), text(slow)]);
  expect(sum(await scrape(address), "received_lines_total")).toBe(0);
  const [nothing, timeout] = await answers;
  expect(nothing.split("\r\n")[0]).toMatch(/^(HTTP\/1\.1 408 Request Timeout)?$/);
  expect(timeout.split("\r\n")[0]).toMatch(/^(HTTP\/1\.1 408 Request Timeout)?$/);
  await aggregator.stop();
});
