import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import type { Bucket } from "../../src/lab/trace/script-output.ts";
import { requireTracing } from "./tracing.ts";
import { ended, outputOf, Workbench } from "./workbench.ts";

requireTracing();

const ROUNDS = 7;
const BLOCK_MS = 50;

/** What a pipe holds, pipe(7). */
const PIPE_BYTES = 65_536;

/** Bucket of a histogram from 16.8 ms up: only a blocked write takes so long. */
const LONG_NS = 2 ** 24;

/** Fills a FIFO, then writes into the full one, and tells how long that took by its own clock. */
const WRITER = `
  const { openSync, writeSync } = require("node:fs");
  const fifo = openSync(process.argv[1], "w");
  for (let round = 0; round < ${ROUNDS}; round += 1) {
    writeSync(fifo, Buffer.alloc(${PIPE_BYTES}));
    writeSync(1, "full\\n");
    const started = process.hrtime.bigint();
    writeSync(fifo, Buffer.alloc(1));
    writeSync(1, process.hrtime.bigint() - started + "\\n");
  }`;

test(`a ${BLOCK_MS} ms block shows in its bucket, as time in the call and as time asleep`, async () => {
  const workbench = new Workbench();
  const scripts = await Promise.all([workbench.attach("syscall_latency.bt"), workbench.attach("blocked.bt")]);
  const measured = await blockedWrites(workbench);
  const [latency, blocked] = await Promise.all(scripts.map(outputOf));

  const expected = measured.map((ns) => 2 ** Math.floor(Math.log2(ns))).sort((a, b) => a - b);
  expect(expected).toContain(2 ** 25);
  expect(longOnes(latency?.histograms.get("@lat")?.get("write"))).toEqual(expected);
  expect(longOnes(blocked?.histograms.get("@asleep")?.get("tracepoint:syscalls:sys_exit_write"))).toEqual(expected);
});

/** @returns nanoseconds that each blocked write took */
async function blockedWrites(workbench: Workbench): Promise<number[]> {
  const path = join(workbench.directory, "fifo");
  execFileSync("mkfifo", [path]);
  const writer = workbench.start("producer", ["-e", WRITER, path], "pipe");
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const measured: number[] = [];
  if (writer.stdout === null) throw new Error("no stdout");
  for await (const line of createInterface({ input: writer.stdout })) {
    if (line !== "full") measured.push(Number(line));
    else setTimeout(() => drain(reader, PIPE_BYTES + 1), BLOCK_MS);
  }
  closeSync(reader);
  expect(await ended(writer)).toBe(0);
  expect(measured).toHaveLength(ROUNDS);
  return measured;
}

/** Reads until so many bytes came: the last of them is written only when there is room. */
function drain(fd: number, bytes: number): void {
  const chunk = Buffer.alloc(bytes);
  for (let left = bytes; left > 0; ) {
    try {
      left -= readSync(fd, chunk, 0, left, null);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}

/** Lower bounds of the long values, each as often as it came. */
function longOnes(buckets: readonly Bucket[] = []): number[] {
  return buckets.filter(({ low }) => low >= LONG_NS).flatMap(({ low, count }) => Array<number>(count).fill(low));
}
