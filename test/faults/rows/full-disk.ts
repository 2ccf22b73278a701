import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram, Line } from "../../support/fault-program.ts";
import { type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { FaultTmpfs, tmpfsObstacle } from "../../support/fault-tmpfs.ts";

const DISK_BYTES = 96 * 1024 * 1024;
const RSS_MB_MAX = 160;
const RESUME_MS_MAX = 1000;

/** A disk that fills up under acknowledged and plain senders, and is freed again. */
export const fullDisk: FaultRow = {
  name: "a full disk, freed again",
  unit: "cycles",
  ci: 3,
  long: 100,
  chunk: 5,
  obstacle: tmpfsObstacle,

  async run(rounds, { dist, long, random, tally }) {
    await using scene = new FaultScene(dist);
    await using disk = await FaultTmpfs.mount(scene.directory, DISK_BYTES);
    const output = join(disk.inside, "out.jsonl");
    const ballast = join(disk.outside, "ballast");
    const aggregator = await scene.aggregate(["-o", output], { under: disk.enter });
    const acked = [scene.sender("unixsock", "a1"), scene.sender("tcp", "a2", { window: 100, padBytes: 200 })];
    const plain = ["r1", "r2"].map((id) => scene.plainSender("unixsock", id, 15_000));
    for (let cycle = 0; cycle < rounds; cycle++) {
      await acked[0]?.progress(pick(random, 1, 2000));
      fill(ballast);
      await stalled(aggregator);
      const before = acked.map((sender) => sender.acked);
      const freed = performance.now();
      rmSync(ballast);
      await Promise.all(acked.map((sender, i) => sender.progress((before[i] ?? 0) - sender.acked + 1)));
      tally.measure("resumeMs", performance.now() - freed, long ? RESUME_MS_MAX : undefined);
      tally.add("cycles");
    }
    tally.measure("rssMB", peakBytes(aggregator.pid) / 1e6, RSS_MB_MAX);
    const journals = await Promise.all(plain.map((sender) => sender.finish()));
    await Promise.all(acked.map((sender) => sender.finish()));
    const ledger = await scene.stop(aggregator);
    const files = outputFiles(join(disk.outside, "out.jsonl"));
    await judge(tally, { files, journals: [...acked, ...journals], ledger });
  },
};

/** Fills the disk to the last byte. */
export function fill(path: string): void {
  const fd = openSync(path, "w");
  try {
    for (let bytes = 1024 * 1024; bytes >= 1; bytes = Math.floor(bytes / 4)) writeUntilFull(fd, Buffer.alloc(bytes));
  } finally {
    closeSync(fd);
  }
}

function writeUntilFull(fd: number, block: Buffer): void {
  try {
    while (writeSync(fd, block) === block.length);
  } catch (error) {
    assert.match(String(error), /ENOSPC/);
  }
}

/** Asks for the ledger until it says that the file refuses. */
export function stalled(aggregator: FaultProgram): Promise<void> {
  return ledgerShows(aggregator, ({ output }) => JSON.stringify(output).includes("ENOSPC"));
}

/** Asks for the ledger until it meets the condition. */
export async function ledgerShows(aggregator: FaultProgram, wanted: (ledger: Line) => boolean): Promise<void> {
  do {
    aggregator.events.delete("stats");
    aggregator.kill("SIGUSR2");
  } while (!wanted(await aggregator.event("stats")));
}

export function peakBytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
