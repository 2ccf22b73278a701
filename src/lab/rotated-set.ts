import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errnoOf } from "../core/errors.ts";
import { compareRotatedNames, parseRotatedName, type RotatedName } from "../core/rotated-name.ts";

/** A file beside the output that is skipped or may not be trusted, and why. */
export interface FileNote {
  readonly path: string;
  readonly note: string;
}

/** An output and its rotated files. */
export interface RotatedSet {
  /** Oldest first, the output itself last. */
  readonly files: readonly string[];
  readonly notes: readonly FileNote[];
}

/**
 * Finds the rotated and suspect files of an output, compressed or not, in the order in which they were written. The output itself
 * may be missing if there are any, as after a crash between two files.
 */
export async function rotatedSet(output: string): Promise<RotatedSet> {
  const directory = dirname(output);
  const base = basename(output);
  const files: string[] = [];
  const notes: FileNote[] = [];
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    // If the directory doesn't exist, reading the output will report it.
    if (errnoOf(error) === "EACCES")
      notes.push({ path: directory, note: "can't be read, so its rotated files are unknown" });
    return [];
  });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const rotated = names.flatMap((name) => parseRotatedName(base, name) ?? []).sort(compareRotatedNames);
  for (const [i, file] of rotated.entries()) {
    const path = join(directory, file.name);
    if (isCopyOf(rotated[i - 1], file)) notes.push({ path, note: COPY });
    else files.push(path);
    if (file.isSuspect) notes.push({ path, note: SUSPECT });
  }
  for (const entry of entries) {
    const note = reasonAgainst(base, entry);
    if (note !== undefined) notes.push({ path: join(directory, entry.name), note });
  }
  if (files.length === 0 || entries.some(({ name }) => name === base)) files.push(output);
  else notes.push({ path: output, note: "doesn't exist; only its rotated files are read" });
  return { files, notes };
}

/**
 * Whether the output was rotated, or files of the set were removed, since the set was found: then what was read is incomplete.
 * A file that was compressed meanwhile makes no difference.
 */
export async function hasChanged(output: string, { files }: RotatedSet): Promise<boolean> {
  const now = await rotatedSet(output);
  const plain = (paths: readonly string[]): string => paths.map((path) => path.replace(/\.gz$/, "")).join("/");
  return plain(now.files) !== plain(files);
}

const COPY = "skipped: the compressed copy of the previous file";
const SUSPECT = "a sync of it failed: its last lines may not survive a power cut, and may be repeated in the next file";

/** A crash between compression and removal of the original leaves both, with the same lines. */
function isCopyOf(before: RotatedName | undefined, file: RotatedName): boolean {
  return file.isCompressed && before !== undefined && file.name === `${before.name}.gz`;
}

/** Why a file beside the output isn't read; undefined for unrelated files and for those that are read. */
function reasonAgainst(base: string, entry: Dirent): string | undefined {
  if (!entry.name.startsWith(`${base}.`)) return undefined;
  // Rotation makes no directories, links or sockets.
  if (parseRotatedName(base, entry.name)) return entry.isFile() ? undefined : "skipped: not a regular file";
  const suffix = entry.name.slice(base.length + 1);
  if (suffix.startsWith("torn-")) return "skipped: an incomplete last line, moved here after a crash";
  if (suffix.endsWith(".gz.part")) return "skipped: an unfinished compression";
  // As logrotate names them.
  if (!/^\d+(\.gz)?$/.test(suffix)) return undefined;
  return "skipped: not named by the aggregator's rotation; to read it, name every file, oldest first";
}
