import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import { type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { FaultTmpfs, tmpfsObstacle } from "../../support/fault-tmpfs.ts";

const DISK_BYTES = 96 * 1024 * 1024;
const RSS_BYTES_MAX = 160e6;
const RESUME_MS_MAX = 1000;

/** A disk that fills up under acknowledged and raw senders, and is freed again. */
export const fullDisk: FaultRow = {
  name: "a full disk, freed again",
  unit: "cycles",
  ci: 3,
  long: 100,
  chunk: 5,
  obstacle: tmpfsObstacle,

  async run(rounds, { dist, random }) {
    await using scene = new FaultScene(dist);
    await using disk = await FaultTmpfs.mount(scene.directory, DISK_BYTES);
    const output = join(disk.inside, "out.jsonl");
    const ballast = join(disk.outside, "ballast");
    const aggregator = await scene.aggregate(["-o", output], { under: disk.enter });
    const acked = [scene.sender("unixsock", "a1"), scene.sender("tcp", "a2", 100, 200)];
    const raw = [1, 2].map((i) => scene.producer(`unixsock=${scene.socket}`, "--id", `r${i}`, "--rate", "15000"));
    let resumeMsMax = 0;
    for (let cycle = 0; cycle < rounds; cycle++) {
      await acked[0]?.progress(pick(random, 1, 2000));
      fill(ballast);
      await stalled(aggregator);
      const before = acked.map((sender) => sender.acked);
      const freed = performance.now();
      rmSync(ballast);
      await Promise.all(acked.map((sender, i) => sender.progress((before[i] ?? 0) - sender.acked + 1)));
      resumeMsMax = Math.max(resumeMsMax, performance.now() - freed);
    }
    const rssBytes = peakBytes(aggregator.pid);
    for (const producer of raw) producer.kill("SIGTERM");
    const journals = await Promise.all(
      raw.map(async (producer, i) => rawJournal(`r${i + 1}`, await producer.event("done"))),
    );
    await Promise.all(acked.map((sender) => sender.finish()));
    await scene.stop(aggregator);
    const { lines, duplicates } = await judge(outputFiles(join(disk.outside, "out.jsonl")), [...acked, ...journals]);
    assert.equal(duplicates, 0, "lines were stored twice");
    assert(resumeMsMax <= RESUME_MS_MAX, `it resumed only ${resumeMsMax} ms after space came back`);
    assert(rssBytes <= RSS_BYTES_MAX, `RSS ${rssBytes}`);
    return { cycles: rounds, lines, lost: 0, merged: 0, resumeMsMax, rssMBMax: rssBytes / 1e6 };
  },
};

/** A raw sender has no acknowledgements: all that it sent while the aggregator lived must be there. */
function rawJournal(
  producer: string,
  done: Record<string, unknown>,
): { producer: string; run: string; sent: number; acked: number } {
  const last = Number(done["sent"]) - 1;
  return { producer, run: String(done["run"]), sent: last, acked: last };
}

/** Takes all the space there is. */
function fill(path: string): void {
  const fd = openSync(path, "w");
  try {
    for (let bytes = 1024 * 1024; bytes >= 1; bytes = Math.floor(bytes / 4)) writeUntilFull(fd, Buffer.alloc(bytes));
  } finally {
    closeSync(fd);
  }
}

function writeUntilFull(fd: number, piece: Buffer): void {
  try {
    while (writeSync(fd, piece) === piece.length);
  } catch (error) {
    assert.match(String(error), /ENOSPC/);
  }
}

/** Asks for the ledger until it says that the file refuses. */
async function stalled(aggregator: FaultProgram): Promise<void> {
  for (;;) {
    aggregator.events.delete("stats");
    aggregator.kill("SIGUSR1");
    const output: unknown = (await aggregator.event("stats"))["output"];
    if (JSON.stringify(output).includes("ENOSPC")) return;
  }
}

function peakBytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
