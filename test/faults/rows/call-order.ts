import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import type { Fault } from "../../support/fault-tally.ts";
import { straceObstacle } from "../../support/fault-tools.ts";

const CALLS = "openat,write,writev,fdatasync,fsync,rename";

/** What must not be open when a sender is told that its line is safe. */
interface Owed {
  /** Bytes written to the output since its last sync began. */
  data: boolean;
  /** Names made or changed since the directory's last sync. */
  names: boolean;
}

/**
 * Every acknowledgement of a sender that waits for each comes after the write, a sync that began behind it, and, where a
 * file was made or renamed, the directory's sync, which no power cut on ext4 would miss: its journal syncs names with data.
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
    const sender = scene.sender("unixsock", "lone", 1);
    await sender.progress(rounds);
    await sender.finish();
    const ledger = await scene.stop(aggregator);
    const files = outputFiles(output);
    await judge(tally, { files, journals: [sender], ledger });
    tally.add("files", files.length);
    const calls = readFileSync(log, "utf8").split("\n");
    const seen = seekEarly(tally.fault("acknowledged too early"), calls, output);
    assert(
      seen >= sender.acked,
      `${seen} acknowledgements in the log, the sender got them for ${sender.acked + 1} lines`,
    );
  },
};

/** @returns the acknowledgements in the log of system calls, each of which was looked at */
function seekEarly(early: Fault, log: readonly string[], output: string): number {
  let acknowledgements = 0;
  const owed: Owed = { data: false, names: false };
  const unfinished = new Map<string, string>();
  for (const [at, text] of log.entries()) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(text) ?? [];
    if (rest.endsWith("<unfinished ...>")) {
      unfinished.set(thread, rest);
      continue;
    }
    const call = rest.startsWith("<...") ? `${unfinished.get(thread)}${rest}` : rest;
    if (/^(write|writev)\(\d+<(UNIX|socket|unix)/.test(call) && call.includes('\\"ack\\"')) {
      acknowledgements++;
      early.check(!owed.data && !owed.names, () => `call ${at}, owed ${JSON.stringify(owed)}: ${call}`);
    }
    note(owed, call, output, dirname(output));
  }
  return acknowledgements;
}

function note(owed: Owed, call: string, output: string, directory: string): void {
  if (call.startsWith("write(") && call.includes(`<${output}>`)) owed.data = true;
  else if (call.startsWith("fdatasync(") && call.includes("= 0")) owed.data = false;
  else if (call.startsWith("rename(") && call.includes(`"${output}"`)) owed.names = true;
  else if (call.startsWith("openat(") && call.includes(`"${output}"`)) {
    assert(call.includes("O_APPEND"), `opened without O_APPEND: ${call}`);
    owed.names = true;
  } else if (call.startsWith("fsync(") && call.includes(`<${directory}>`)) owed.names = false;
}
