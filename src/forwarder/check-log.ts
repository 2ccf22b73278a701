import { accessSync, constants, lstatSync, readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { checkpointPath } from "../checkpoint/checkpoint.ts";
import type { FileMark } from "../checkpoint/file-mark.ts";
import { isProblem, readCheckpoint } from "../checkpoint/read-checkpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { findBacklog, openBacklog } from "./backlog.ts";
import { type Finding, fail, ok, warn } from "./engines/finding.ts";
import { LogFiles } from "./log-files.ts";
import { Planner } from "./planner.ts";

const COMPRESSED = /\.gz$/;

/** Looks at a log, its rotated files and its checkpoint. @param target of the engine; undefined for one that isn't remembered */
export function* checkLog(path: string, target: string | undefined): Generator<Finding> {
  yield* checkpoint(path, target);
  try {
    const files = new LogFiles(path);
    const { entries, first, offset } = findBacklog(files, markIn(path, target));
    if (entries.length === 0) {
      yield fail("file", `${path} doesn't exist`, "start the program that writes it, or pass another file");
      return;
    }
    for (const entry of entries) files.open(entry)?.close();
    const bytes = entries.slice(first).reduce((sum, { stats }) => sum + Number(stats.size), -offset);
    yield ok("file", `${entries.length - first} files with ${bytes} bytes to forward`);
    const compressed = readdirSync(dirname(path)).filter(
      (name) => name.startsWith(`${basename(path)}.`) && COMPRESSED.test(name),
    );
    if (compressed.length > 0)
      yield warn(
        "file",
        `${compressed.length} compressed files are not read`,
        "decompress those that are not forwarded",
      );
  } catch (error) {
    yield failed("file", error);
  }
}

/** Looks for lines that are longer than the engine accepts. Reads all that is to be forwarded. */
export function* checkLines(path: string, target: string | undefined, blockBytesMax: number): Generator<Finding> {
  const files = new LogFiles(path);
  let tooLong = 0;
  let longest = 0;
  for (const { file, from, isNewest } of openBacklog(files, findBacklog(files, markIn(path, target)))) {
    const planner = new Planner(
      file,
      { blockBytes: blockBytesMax, blockBytesMax, lineBytesMax: blockBytesMax, unit: "block" },
      { offset: from, saved: new Map(), stored: [] },
    );
    for (let at = from; at < file.bytes; ) {
      const cut = planner.cut(at, !isNewest);
      if (cut === undefined) break;
      at += cut.kind === "block" ? cut.bytes.length : cut.length;
      if (cut.kind !== "tooLong") continue;
      tooLong++;
      longest = Math.max(longest, cut.length);
    }
  }
  if (tooLong === 0) return yield ok("lines", `none is longer than ${blockBytesMax} bytes`);
  const fact = `${tooLong} lines are longer than ${blockBytesMax} bytes, the longest ${longest}, and would be rejected`;
  yield fail("lines", fact, "raise the engine's limit");
}

function* checkpoint(path: string, target: string | undefined): Generator<Finding> {
  if (target === undefined) return;
  const name = checkpointPath(path);
  const reading = readCheckpoint(name);
  if (isProblem(reading))
    return yield fail(
      "checkpoint",
      `${name} ${reading.problem}`,
      "remove it to forward all files from their beginning",
    );
  if (typeof reading !== "string" && reading.target !== target)
    return yield fail("checkpoint", `it is about ${reading.target}`, `name that place, or remove ${name}`);
  const writable = lstatSync(name, { throwIfNoEntry: false }) === undefined ? dirname(path) : name;
  if (!isWritable(writable))
    return yield fail("checkpoint", `${writable} can't be written to`, "allow it for this user");
  const begun = typeof reading === "string" ? "none yet: all files are forwarded" : `at ${reading.file.offset}`;
  yield ok("checkpoint", begun);
}

/** Where a checkpoint about this place says that forwarding goes on. */
function markIn(path: string, target: string | undefined): FileMark | undefined {
  const reading = readCheckpoint(checkpointPath(path));
  if (typeof reading === "string" || isProblem(reading)) return undefined;
  return reading.target === target ? reading.file : undefined;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function failed(subject: string, error: unknown): Finding {
  if (!(error instanceof OperationalError)) throw error;
  const [fact = "", ...rest] = error.message.split("; ");
  return fail(subject, fact, rest.join("; "));
}
