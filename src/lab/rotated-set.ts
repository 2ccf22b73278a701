import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { compareRotatedNames, parseRotatedName, type RotatedName } from "../core/rotated-name.ts";

/** A file beside the output that is left out, or read with a reservation, and why. */
export interface FileNote {
  readonly path: string;
  readonly note: string;
}

/** An output with what rotation has made of it. */
export interface RotatedSet {
  /** Oldest first, the output itself last. */
  readonly files: readonly string[];
  readonly notes: readonly FileNote[];
}

/**
 * Finds the files that rotation has finished beside an output: rotated ones and suspect ones, compressed or not, in the order in which
 * they were written. The output itself may be missing when there are some, as after a crash between two files.
 */
export async function rotatedSet(output: string): Promise<RotatedSet> {
  const directory = dirname(output);
  const base = basename(output);
  const names = await namesIn(directory);
  const files: string[] = [];
  const notes: FileNote[] = [];
  const rotated = names
    .flatMap((name) => {
      const parsed = parseRotatedName(base, name);
      return parsed === undefined ? [] : [{ name, ...parsed }];
    })
    .sort(compareRotatedNames);
  for (const [i, file] of rotated.entries()) {
    const path = join(directory, file.name);
    if (isCopyOf(rotated[i - 1], file)) notes.push({ path, note: "left out: the compressed copy of the file before" });
    else {
      files.push(path);
      if (file.isSuspect) notes.push({ path, note: SUSPECT });
    }
  }
  for (const name of names) {
    const note = name.startsWith(`${base}.`) && !parseRotatedName(base, name) ? reasonAgainst(base, name) : undefined;
    if (note !== undefined) notes.push({ path: join(directory, name), note });
  }
  if (names.includes(base) || files.length === 0) files.push(output);
  else notes.push({ path: output, note: "isn't there; only its rotated files are read" });
  return { files, notes };
}

const SUSPECT =
  "a sync of it failed: its last lines may not survive a power cut, and may come again in the file after it";

/** A crash after compression and before the removal of the original leaves both, with the same lines. */
function isCopyOf(before: (RotatedName & { name: string }) | undefined, file: RotatedName & { name: string }): boolean {
  return file.isCompressed && before !== undefined && file.name === `${before.name}.gz`;
}

/** Why a file whose name begins with the output's isn't read; undefined where that goes without saying. */
function reasonAgainst(base: string, name: string): string | undefined {
  const suffix = name.slice(base.length + 1);
  if (suffix.startsWith("torn-")) return "left out: the torn end of a line, moved away after a crash";
  if (suffix.endsWith(".gz.part")) return "left out: an unfinished compression";
  // As logrotate names them: app.jsonl.1, app.jsonl.2.gz, app.jsonl-20261123 aside.
  if (/^\d+(\.gz)?$/.test(suffix))
    return "left out: not named by the aggregator's rotation; to read it, name every file, oldest first";
  return undefined;
}

/** None when the directory can't be read: reading the output itself will tell why. */
async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
