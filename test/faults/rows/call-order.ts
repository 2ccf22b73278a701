import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import type { Fault } from "../../support/fault-tally.ts";
import { straceObstacle } from "../../support/fault-tools.ts";

const CALLS = "openat,write,writev,fdatasync,fsync,rename";

/** The state of the output at one point of a log of system calls. */
interface Progress {
  /** Bytes written so far, over all its files. */
  written: number;
  /** How many of them were written when the last successful sync began. */
  synced: number;
  /** Whether files were created or renamed since the directory's last sync. */
  owesNames: boolean;
}

/**
 * The sender waits for each acknowledgement. Each must come after the write of its line, after a sync that began later,
 * and, if a file was created or renamed, after the directory's sync. No power cut on ext4 would reveal that one,
 * because ext4's journal syncs names together with data.
 */
export const callOrder: FaultRow = {
  name: "order of write, sync, directory sync and acknowledgement",
  unit: "acknowledgements",
  ci: 300,
  long: 5000,
  chunk: 300,
  obstacle: straceObstacle,

  async run(rounds, { dist, tally }) {
    await using scene = new FaultScene(dist);
    const log = join(scene.directory, "calls");
    const under = [
      "strace",
      "-D",
      "-f",
      "-y",
      "-qq",
      "-s",
      "64",
      "-e",
      "signal=none",
      "-e",
      `trace=${CALLS}`,
      "-o",
      log,
    ];
    const output = join(scene.directory, "made.jsonl");
    const aggregator = await scene.aggregate(["-o", output, "--rotate-size", "2KB"], { under });
    const sender = scene.sender("unixsock", "lone", { window: 1 });
    await sender.progress(rounds);
    await sender.finish();
    const ledger = await scene.stop(aggregator);
    const files = outputFiles(output);
    await judge(tally, { files, journals: [sender], ledger });
    tally.add("files", files.length);
    const calls = readFileSync(log, "utf8").split("\n");
    const seen = countEarly(tally.fault("acknowledged too early"), calls, { output, ends: lineEnds(files) });
    const acknowledgedLines = sender.acked + 1;
    assert(
      seen >= sender.acked,
      `${seen} acknowledgements in the log, the sender got them for ${acknowledgedLines} lines`,
    );
  },
};

/** The position at which each line ends, counted over all files. */
function lineEnds(files: readonly string[]): number[] {
  let end = 0;
  return files.flatMap((file) =>
    readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => {
        end += Buffer.byteLength(line) + 1;
        return end;
      }),
  );
}

interface Layout {
  readonly output: string;
  readonly ends: readonly number[];
}

/** Examines each acknowledgement in the log of system calls. @returns their number */
function countEarly(early: Fault, log: readonly string[], { output, ends }: Layout): number {
  let acknowledgements = 0;
  const progress: Progress = { written: 0, synced: 0, owesNames: false };
  /** The unfinished call of each thread, and how much was written when it began. */
  const unfinished = new Map<string, { readonly call: string; readonly written: number }>();
  for (const text of log) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(text) ?? [];
    const { written } = progress;
    if (rest.endsWith("<unfinished ...>")) {
      unfinished.set(thread, { call: rest, written });
      continue;
    }
    const begun = rest.startsWith("<...") ? unfinished.get(thread) : undefined;
    const call = `${begun?.call ?? ""}${rest}`;
    for (const [, number] of acknowledged(call)) {
      acknowledgements++;
      const owed = ends[Number(number)] ?? Number.POSITIVE_INFINITY;
      const state = `${owed} bytes with it, ${JSON.stringify(progress)}`;
      early.check(progress.synced >= owed && !progress.owesNames, () => `line ${number}: ${state}`);
    }
    note(progress, call, { output, written: begun?.written ?? written });
  }
  return acknowledgements;
}

/** The acknowledgements that a call sends. */
function acknowledged(call: string): RegExpMatchArray[] {
  return /^writev?\(\d+<(UNIX|socket|unix)/.test(call) ? [...call.matchAll(/\\"ack\\":(\d+)/g)] : [];
}

/** Notes what a call changes. @param begun the output's path, and how much was written when the call began */
function note(progress: Progress, call: string, begun: { readonly output: string; readonly written: number }): void {
  const { output, written } = begun;
  if (/^p?writev?\(/.test(call) && call.includes(`<${output}>`)) {
    progress.written += Number(/= (\d+)$/.exec(call)?.[1] ?? 0);
  } else if (call.startsWith("fdatasync(") && call.includes("= 0")) progress.synced = written;
  else if (call.startsWith("rename(") && call.includes(`"${output}"`)) progress.owesNames = true;
  else if (call.startsWith("openat(") && call.includes(`"${output}"`)) {
    assert(call.includes("O_APPEND"), `opened without O_APPEND: ${call}`);
    progress.owesNames = true;
  } else if (call.startsWith("fsync(") && call.includes(`<${dirname(output)}>`)) progress.owesNames = false;
}
