import { execFileSync } from "node:child_process";
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setImmediate as nextIteration } from "node:timers/promises";
import { RotatedFiles } from "../../../src/sink/rotated-files.ts";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import { type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { eventually } from "../../support/fault-wait.ts";

/** A renamed or removed file is noticed within a second; the other second is for what the row itself does. */
const CHANGE_MS_MAX = 2000;

/** The content of a file that another program wrote: a line without its LF. */
const TORN = '{"edited":true}';

/** Swaps two files' names in one step (rename(2), RENAME_EXCHANGE): neither name is missing for a moment. */
const EXCHANGE = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.renameat2(-100, os.fsencode(sys.argv[1]), -100, os.fsencode(sys.argv[2]), 2) != 0:
    raise OSError(ctypes.get_errno(), "renameat2")
`;

/**
 * Rotation as by logrotate, built-in rotation, deletion of the output, and its replacement by a file that ends inside a
 * line, while senders send at full speed.
 */
export const rotation: FaultRow = {
  name: "rename + SIGHUP, built-in rotation, deletion, replacement, at full rate",
  unit: "changes of file",
  ci: 36,
  long: 1000,
  chunk: 50,
  obstacle: () => undefined,

  async run(rounds, { dist, long, random, tally }) {
    await using scene = new FaultScene(dist);
    const aggregator = await scene.aggregate(["--rotate-size", "8MiB", "--durability", "interval=50ms"]);
    const acked = [scene.sender("unixsock", "a1"), scene.sender("tcp", "a2", { window: 100, padBytes: 200 })];
    const plain = ["r1", "r2"].map((id) => scene.plainSender("unixsock", id, 20_000));
    await Promise.all([...acked.map((sender) => sender.progress(1)), ...plain.map((sender) => sender.sending())]);
    await connected(aggregator, acked.length + plain.length);
    const descriptors = openDescriptors(aggregator.pid);
    let replaced = 0;
    for (let round = 0; round < rounds; round++) {
      await grown(scene.output, pick(random, 1, 200_000));
      const change = random();
      const begun = performance.now();
      if (change < 1 / 3) await renameAndSignal(scene, aggregator);
      else if (change < 2 / 3) await deleteOutput(scene);
      else {
        await replaceOutput(scene, aggregator, random() < 0.5);
        replaced++;
      }
      tally.add("changes");
      tally.measure("changeMs", performance.now() - begun, long ? CHANGE_MS_MAX : undefined);
      await acked[0]?.progress(1);
    }
    await descriptorsBack(aggregator.pid, descriptors);
    const journals = await Promise.all(plain.map((sender) => sender.finish()));
    await Promise.all(acked.map((sender) => sender.finish()));
    const ledger = await scene.stop(aggregator);
    const files = outputFiles(scene.output);
    // What came after the aggregator last saw a deleted file under its name it saves itself; what was there before the
    // deletion the test saves. So lines may be in both.
    await judge(tally, { files, journals: [...acked, ...journals], ledger, repeats: "allowed" });
    tally.add("files", files.length);
    const ends = tornFiles(scene.output).map((name) => readFileSync(name, "utf8"));
    for (let i = 0; i < replaced; i++) {
      tally.fault("torn end not kept").check(ends[i] === TORN, () => `${ends.length} of ${replaced}: ${ends[i]}`);
    }
  },
};

/** Renames the output and sends SIGHUP, as logrotate does. */
async function renameAndSignal(scene: FaultScene, aggregator: FaultProgram): Promise<void> {
  const { moved, rotated } = await move(scene);
  const { ino } = statSync(moved);
  renameSync(moved, rotated);
  aggregator.kill("SIGHUP");
  await untilReplaced(scene.output, ino);
}

async function deleteOutput(scene: FaultScene): Promise<void> {
  const { moved, rotated } = await move(scene);
  const { ino } = statSync(moved);
  const deleted = openSync(moved, "r");
  unlinkSync(moved);
  // The test keeps what was in the file before it was deleted; the aggregator has to save what came later.
  const kept = readFileSync(deleted);
  closeSync(deleted);
  await untilReplaced(scene.output, ino);
  writeFileSync(rotated, kept.subarray(0, kept.lastIndexOf(0x0a) + 1));
}

/** Replaces the output by a file that ends inside a line. Resolves when the aggregator has moved that end away. */
async function replaceOutput(scene: FaultScene, aggregator: FaultProgram, signals: boolean): Promise<void> {
  const other = `${scene.directory}/other`;
  writeFileSync(other, TORN);
  const before = tornFiles(scene.output).length;
  await untilThere(() => execFileSync("python3", ["-c", EXCHANGE, other, scene.output], { stdio: "pipe" }));
  renameSync(other, rotatedName(scene.output));
  if (signals) aggregator.kill("SIGHUP");
  await noticed(() => tornFiles(scene.output).length > before);
}

function tornFiles(output: string): string[] {
  const prefix = `${basename(output)}.torn-`;
  return readdirSync(dirname(output))
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(dirname(output), name));
}

/**
 * Moves the output to another name first, which no rotation touches, so that nothing else is opened or deleted there.
 */
async function move(scene: FaultScene): Promise<{ moved: string; rotated: string }> {
  const moved = `${scene.directory}/moved`;
  await untilThere(() => renameSync(scene.output, moved));
  return { moved, rotated: rotatedName(scene.output) };
}

/** Call it only when the file has been moved: then files that built-in rotation has finished have older names. */
function rotatedName(output: string): string {
  return new RotatedFiles(output).nextName(new Date());
}

/** The output has no file for a moment, while it is rotated. */
async function untilThere(change: () => void): Promise<void> {
  for (;;) {
    try {
      change();
      return;
    } catch (error) {
      if (!/ENOENT|FileNotFoundError/.test(String(error))) throw error;
    }
    await nextIteration();
  }
}

/** Asks for the ledger until so many connections have been accepted. */
async function connected(aggregator: FaultProgram, connections: number): Promise<void> {
  for (;;) {
    aggregator.events.delete("stats");
    aggregator.kill("SIGUSR2");
    const stats: { transports: { accepted: number }[] } = JSON.parse(JSON.stringify(await aggregator.event("stats")));
    if (stats.transports.reduce((sum, { accepted }) => sum + accepted, 0) >= connections) return;
  }
}

function grown(path: string, bytes: number): Promise<void> {
  return eventually(
    () => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= bytes,
    () => `${path} doesn't grow`,
  );
}

function untilReplaced(path: string, inode: number): Promise<void> {
  return noticed(() => {
    const now = statSync(path, { throwIfNoEntry: false });
    return now !== undefined && now.ino !== inode;
  });
}

function noticed(condition: () => boolean): Promise<void> {
  return eventually(condition, () => "a file that was renamed, deleted or replaced wasn't noticed");
}

/** Waits, because a rotation has its directory open for a moment to sync it. A leak stays. */
function descriptorsBack(pid: number, descriptors: number): Promise<void> {
  return eventually(
    () => openDescriptors(pid) <= descriptors,
    () => `descriptors leak: ${openDescriptors(pid)}, at first ${descriptors}`,
  );
}

function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
