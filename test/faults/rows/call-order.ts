import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
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

  async run(rounds, { dist }) {
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
    await scene.stop(aggregator);
    const { lines } = await judge(outputFiles(output), [sender]);
    const acknowledgements = inOrder(readFileSync(log, "utf8").split("\n"), output, scene.directory);
    assert(acknowledgements >= rounds, `${acknowledgements} acknowledgements in the log`);
    return { acknowledgements, lines, files: outputFiles(output).length, "too early": 0 };
  },
};

/** @returns the acknowledgements seen. @throws AssertionError at the first that came too early */
function inOrder(log: readonly string[], output: string, directory: string): number {
  const owed: Owed = { data: false, names: false };
  const unfinished = new Map<string, string>();
  let acknowledgements = 0;
  for (const [at, text] of log.entries()) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(text) ?? [];
    if (rest.endsWith("<unfinished ...>")) {
      unfinished.set(thread, rest);
      continue;
    }
    const call = rest.startsWith("<...") ? `${unfinished.get(thread)}${rest}` : rest;
    if (/^(write|writev)\(\d+<(UNIX|socket|unix)/.test(call) && call.includes('\\"ack\\"')) {
      acknowledgements++;
      assert(!owed.data, `line ${at}: acknowledged before it was synced`);
      assert(!owed.names, `line ${at}: acknowledged before the file's name was synced`);
    }
    note(owed, call, output, directory);
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
