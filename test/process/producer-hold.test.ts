import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextIteration } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { PRODUCER } from "../support/producer-process.ts";
import { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

async function held(...more: string[]): Promise<{ aggregator: AggregatorProcess; producer: RunningProgram }> {
  const cwd = temporaryDirectory();
  const aggregator = await AggregatorProcess.start([`unixsock=${join(cwd, "s")}`], { cwd });
  const args = [PRODUCER, `unixsock=${join(cwd, "s")}`, "--hold", ...more];
  const producer = new RunningProgram(process.execPath, args, { stdin: "pipe" });
  await producer.event("ready");
  return { aggregator, producer };
}

describe("--hold", () => {
  test("sends nothing before a line on standard input, and lives until that ends", async () => {
    const { aggregator, producer } = await held("-n", "20", "-i", "1ms");
    expect(aggregator.storedLines()).toEqual([]);
    producer.child.stdin?.write("\n");
    const done = await producer.event("done");
    expect(done).toMatchObject({ sent: 20 });
    expect(readFileSync(`/proc/${producer.child.pid}/stat`, "utf8")).toMatch(/\) [SR] /);
    producer.child.stdin?.end();
    expect(await producer.ended).toBe(0);
    await aggregator.stop();
    expect(aggregator.storedLines()).toHaveLength(20);
  });

  test("the end of standard input begins it too, and ends it", async () => {
    const { producer } = await held("-n", "3", "-i", "1ms");
    producer.child.stdin?.end();
    expect(await producer.event("done")).toMatchObject({ sent: 3 });
    expect(await producer.ended).toBe(0);
  });

  test("the end of standard input ends lines that have no other end, so that none outlives who started it", async () => {
    const { aggregator, producer } = await held("--rate", "1000");
    producer.child.stdin?.write("\n");
    while (aggregator.stored() === "") await nextIteration();
    producer.child.stdin?.end();
    await producer.event("done");
    expect(await producer.ended).toBe(0);
  });

  test("a signal ends it while it waits, before its lines and after them", async () => {
    const before = await held();
    before.producer.child.kill("SIGTERM");
    expect(await before.producer.event("done")).toMatchObject({ sent: 0 });
    expect(await before.producer.ended).toBe(0);
    const after = await held("-n", "1");
    after.producer.child.stdin?.write("\n");
    await after.producer.event("done");
    after.producer.child.kill("SIGTERM");
    expect(await after.producer.ended).toBe(0);
  });
});

test("the timetable says when each line was due: none was sent before", async () => {
  const { aggregator, producer } = await held("--rate", "4500", "-n", "1000");
  producer.child.stdin?.end("\n");
  const { timetable } = await producer.event("done");
  await producer.ended;
  await aggregator.stop();
  const { startedAtNs, intervalMs, linesPerTick } = timetable as Record<
    "startedAtNs" | "intervalMs" | "linesPerTick",
    number
  >;
  expect([intervalMs, linesPerTick]).toEqual([1, 4.5]);
  const early = aggregator.storedLines().filter((line) => {
    const { seq, sentAtNs }: { seq: number; sentAtNs: number } = JSON.parse(line);
    const tick = Math.ceil((seq + 1) / linesPerTick) - 1;
    return sentAtNs < startedAtNs + tick * intervalMs * 1e6;
  });
  expect(early).toEqual([]);
});
