import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { straceObstacle } from "../support/fault-tools.ts";
import { openRawSender } from "../support/raw-sender.ts";
import { StreamClient } from "../support/stream-client.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** The first ones still see what the senders below leave to do, a sync for instance. */
const CHECKS = 6;
const CHECKS_IDLE = 3;
/** The check, and the iterations of the event loop around it: two in Node 20. */
const CALLS_MAX = 6;

/** How many system calls the main thread makes from one check of the output's name to the next. */
async function callsByLook(pid: number): Promise<number[]> {
  const tracer = spawn("strace", ["-qq", "-p", String(pid)], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(tracer, "close");
  onTestFinished(() => void tracer.kill("SIGKILL"));
  const calls: number[] = [];
  for await (const line of createInterface({ input: tracer.stderr })) {
    if (line.startsWith("statx(")) calls.push(0);
    if (calls.length > CHECKS) break;
    calls.push((calls.pop() ?? 0) + 1);
  }
  tracer.kill("SIGTERM");
  await ended;
  return calls.slice(0, CHECKS);
}

test("an idle aggregator on all five transports, with senders connected, only checks its file", async (context) => {
  const obstacle = straceObstacle();
  if (obstacle !== undefined) context.skip(obstacle);
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
  // An unfinished line on the FIFO: the listener checks at intervals whether its writer is still there.
  openRawSender(aggregator.endpoint("fifo"), "stream").write("unfinished");
  openRawSender(aggregator.endpoint("unixgram"), "message").write("{}\n");
  openRawSender(aggregator.endpoint("udp"), "message").write("{}\n");
  const calls = await callsByLook(aggregator.pid);
  expect(Math.max(...calls.slice(-CHECKS_IDLE)), `calls from check to check: ${calls}`).toBeLessThanOrEqual(CALLS_MAX);
  await aggregator.stop();
});
