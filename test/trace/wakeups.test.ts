import { type ChildProcess, execFileSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Bucket, totalOf } from "../../src/lab/trace/script-output.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { requireTracing } from "./tracing.ts";
import { ended, outputOf, Workbench } from "./workbench.ts";

requireTracing();

const LINES = 23;
const TICKS = 101;

/** As the original did it: the key is the thread that runs when the wakeup is asked for, and the one that leaves the CPU. */
const KEYED_ON_THE_WAKER = `
BEGIN { printf("The original's mistake. Hit Ctrl-C to end.\\n"); }
tracepoint:sched:sched_wakeup, tracepoint:sched:sched_wakeup_new /comm == "aggregator"/ { @woken[pid] = nsecs; }
tracepoint:sched:sched_switch /@woken[args->prev_pid]/ { @lat = hist((int64)nsecs - (int64)@woken[args->prev_pid]); @woken[args->prev_pid] = 0; }
END { clear(@woken); }
`;

/** Takes the CPU for 8 ms of 12, until it is ended, at most 20 s. */
const NEIGHBOUR = `
  require("node:fs").writeSync(1, "started");
  const rest = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + 20_000;
  while (performance.now() < end) {
    const until = performance.now() + 8;
    while (performance.now() < until);
    Atomics.wait(rest, 0, 0, 4);
  }`;

test("each line that wakes the aggregator counts; keyed on the waker, as the original was, hardly one does", async () => {
  const workbench = new Workbench();
  const scripts = await Promise.all([
    workbench.attach("aggregator_sched_latency.bt"),
    workbench.attach("wakers.bt"),
    workbench.attach(KEYED_ON_THE_WAKER),
  ]);
  await wakeReader(workbench);
  const [right, wakers, wrong] = await Promise.all(scripts.map(outputOf));

  const wakeups = totalOf(right?.histograms.get("@lat")?.get("") ?? []);
  expect(wakeups).toBeGreaterThanOrEqual(LINES);
  expect(wakeups).toBeLessThanOrEqual(LINES + 5);
  const byWaker = [...(wakers?.counts.get("@woken") ?? [])].filter(([key]) => key.endsWith("main thread"));
  expect(byWaker.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThanOrEqual(LINES);
  expect(totalOf(wrong?.histograms.get("@lat")?.get("") ?? [])).toBeLessThan(5);
});

test.skipIf(cpus().length < 2)("a busy neighbour on its CPU shows in the aggregator's wakeups", async () => {
  const quiet = await mainThreadLatency(false);
  const busy = await mainThreadLatency(true);

  expect(slowOnes(busy)).toBeGreaterThan(0.3 * TICKS);
  expect(slowOnes(quiet)).toBeLessThan(slowOnes(busy) / 2);
});

/** The reader is one thread that is woken by writes into its FIFO and wakes no one. */
async function wakeReader(workbench: Workbench): Promise<void> {
  const path = join(workbench.directory, "fifo");
  execFileSync("mkfifo", [path]);
  const reader = workbench.startAs("aggregator", "/bin/cat", [path]);
  const fifo = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const pid = reader.pid ?? 0;
  for (let line = 0; line < LINES; line += 1) {
    while (!isAsleep(pid)) await setImmediate();
    const reads = readsOf(pid);
    writeSync(fifo, "line\n");
    while (readsOf(pid) === reads) await setImmediate();
  }
  closeSync(fifo);
}

/**
 * Lines come on one CPU and are received on another, both before all else on the machine; on the receiver's there may be
 * a neighbour that goes before even that.
 */
async function mainThreadLatency(busy: boolean): Promise<readonly Bucket[]> {
  const workbench = new Workbench();
  const script = await workbench.attach("aggregator_sched_latency.bt");
  const aggregator = await workbench.aggregator("unixsock");
  const pid = String(aggregator.child.pid);
  execFileSync("taskset", ["-acp", "1", pid]);
  execFileSync("chrt", ["--fifo", "-p", "1", pid]);
  const neighbour = busy ? await startNeighbour(workbench) : undefined;
  const lines = [aggregator.endpoint, "--count", String(TICKS), "--interval", "10ms", "--log-level", "warn"];
  const program = [process.execPath, projectFile("dist/bin/producer.js"), ...lines];
  expect(await ended(workbench.run("taskset", ["-c", "0", "chrt", "--fifo", "1", ...program]))).toBe(0);
  neighbour?.kill("SIGKILL");
  await aggregator.stop();
  return (await outputOf(script)).histograms.get("@lat")?.get("") ?? [];
}

async function startNeighbour(workbench: Workbench): Promise<ChildProcess> {
  const args = ["-c", "1", "chrt", "--fifo", "2", process.execPath, "-e", NEIGHBOUR];
  const neighbour = workbench.run("taskset", args, "pipe");
  if (neighbour.stdout !== null) await once(neighbour.stdout, "data");
  return neighbour;
}

/** Wakeups that took a millisecond or more. With this neighbour seven in twelve must, unless lines come together. */
function slowOnes(buckets: readonly Bucket[]): number {
  return totalOf(buckets.filter(({ low }) => low >= 2 ** 20));
}

function isAsleep(pid: number): boolean {
  return /\) S /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

/** Reads that have returned. */
function readsOf(pid: number): number {
  return Number(/^syscr: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
}
