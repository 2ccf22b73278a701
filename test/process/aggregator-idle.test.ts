import { setTimeout as interval } from "node:timers/promises";
import { expect, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { cpuNs } from "../support/proc.ts";
import { openRawSender } from "../support/raw-sender.ts";
import { StreamClient } from "../support/stream-client.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const INTERVAL_MS = 2000;
const INTERVALS_MAX = 3;
const CORE_SHARE_MAX = 0.005;

/** Share of one core used over an interval; waiting is the measurement. */
async function coreShare(pid: number): Promise<number> {
  const before = cpuNs(pid);
  const started = performance.now();
  await interval(INTERVAL_MS);
  return Number(cpuNs(pid) - before) / 1e6 / (performance.now() - started);
}

test("an idle aggregator on all five transports, with senders connected, uses under 0.5 % of a core", async () => {
  const directory = temporaryDirectory();
  const aggregator = await AggregatorProcess.start([
    `unixsock=${directory}/s`,
    "tcp=:0",
    `unixgram=${directory}/d`,
    "udp=:0",
    `fifo=${directory}/f`,
  ]);
  for (let i = 0; i < 7; i++) await StreamClient.connect(aggregator.endpoint("unixsock"));
  await StreamClient.connect(aggregator.endpoint("tcp"));
  // An unfinished line on the FIFO: the listener looks now and then whether its writer is still there.
  openRawSender(aggregator.endpoint("fifo"), "stream").write("unfinished");
  openRawSender(aggregator.endpoint("unixgram"), "message").write("{}\n");
  openRawSender(aggregator.endpoint("udp"), "message").write("{}\n");
  const shares: number[] = [];
  // What a start leaves to do, compilation and collection, falls into the first interval.
  while (shares.length < INTERVALS_MAX && !(Math.min(...shares) < CORE_SHARE_MAX)) {
    shares.push(await coreShare(aggregator.pid));
  }
  expect(Math.min(...shares), `shares of a core: ${shares.join(", ")}`).toBeLessThan(CORE_SHARE_MAX);
  await aggregator.stop();
});
