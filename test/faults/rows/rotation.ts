import assert from "node:assert/strict";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { pipeline } from "node:stream/promises";
import { setImmediate as turn } from "node:timers/promises";
import { rotationSuffix } from "../../../src/sink/rotation.ts";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import { type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";

/** Noticing a renamed or removed file is promised within this time. */
const NOTICED_MS_MAX = 2000;

/** logrotate's way, built-in rotation and a file deleted under the aggregator, all while senders send as fast as they can. */
export const rotation: FaultRow = {
  name: "rename + SIGHUP, built-in rotation, deletion, at full rate",
  unit: "changes of file",
  ci: 50,
  long: 1000,
  chunk: 50,
  obstacle: () => undefined,

  async run(rounds, { dist, random }) {
    await using scene = new FaultScene(dist);
    const aggregator = await scene.aggregate(["--rotate-size", "8MiB", "--durability", "interval=50ms"]);
    const acked = [scene.sender("unixsock", "a1"), scene.sender("tcp", "a2", 100, 200)];
    const raw = ["r1", "r2"].map((id) => scene.producer(`unixsock=${scene.socket}`, "--id", id, "--rate", "20000"));
    await Promise.all(acked.map((sender) => sender.progress(1)));
    await connected(aggregator, acked.length + raw.length);
    const descriptors = openDescriptors(aggregator.pid);
    for (let round = 0; round < rounds; round++) {
      await grown(scene.output, pick(random, 1, 200_000));
      // By way of another name, which no rotation touches: what is opened or deleted there is surely the file that was meant.
      const moved = `${scene.directory}/moved`;
      await moveOutput(scene.output, moved);
      // Stamped only now: whatever built-in rotation has set aside so far is older.
      const aside = `${scene.output}.${rotationSuffix(scene.output, new Date())}`;
      const { ino } = statSync(moved);
      if (random() < 0.5) {
        renameSync(moved, aside);
        aggregator.kill("SIGHUP");
        await replaced(scene.output, ino);
      } else {
        const deleted = openSync(moved, "r");
        unlinkSync(moved);
        await replaced(scene.output, ino);
        // What was in it before it was deleted is this test's to keep; what came later the aggregator has saved.
        await pipeline(createReadStream("", { fd: deleted, autoClose: false }), createWriteStream(aside));
        closeSync(deleted);
      }
      await acked[0]?.progress(1);
    }
    await descriptorsBack(aggregator.pid, descriptors);
    for (const producer of raw) producer.kill("SIGTERM");
    const journals = await Promise.all(
      raw.map(async (producer, i) => {
        const done = await producer.event("done");
        const last = Number(done["sent"]) - 1;
        return { producer: `r${i + 1}`, run: String(done["run"]), sent: last, acked: last };
      }),
    );
    await Promise.all(acked.map((sender) => sender.finish()));
    await scene.stop(aggregator);
    const files = outputFiles(scene.output);
    const { lines } = await judge(files, [...acked, ...journals]);
    return { changes: rounds, files: files.length, lines, lost: 0, split: 0 };
  },
};

/** Renames the output, which for a moment in a rotation of its own has no file. */
async function moveOutput(from: string, to: string): Promise<void> {
  for (;;) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || error.code !== "ENOENT") throw error;
    }
    await turn();
  }
}

/** Asks for the ledger until so many connections have been accepted. */
async function connected(aggregator: FaultProgram, connections: number): Promise<void> {
  for (;;) {
    aggregator.events.delete("stats");
    aggregator.kill("SIGUSR1");
    const stats: { transports: { accepted: number }[] } = JSON.parse(JSON.stringify(await aggregator.event("stats")));
    if (stats.transports.reduce((sum, { accepted }) => sum + accepted, 0) >= connections) return;
  }
}

async function grown(path: string, bytes: number): Promise<void> {
  while ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < bytes) await turn();
}

async function replaced(path: string, inode: number): Promise<void> {
  const end = performance.now() + NOTICED_MS_MAX;
  for (;;) {
    const now = statSync(path, { throwIfNoEntry: false });
    if (now !== undefined && now.ino !== inode) return;
    assert(performance.now() < end, "a file that was renamed or deleted wasn't noticed");
    await turn();
  }
}

/** A rotation under way has its directory open for a moment, to sync it; a leak stays. */
async function descriptorsBack(pid: number, descriptors: number): Promise<void> {
  const end = performance.now() + NOTICED_MS_MAX;
  while (openDescriptors(pid) > descriptors) {
    assert(performance.now() < end, `descriptors leak: ${openDescriptors(pid)}, at first ${descriptors}`);
    await turn();
  }
}

function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
