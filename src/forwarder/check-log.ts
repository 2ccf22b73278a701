import { accessSync, constants, lstatSync, readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { type Checkpoint, checkpointPath } from "../checkpoint/checkpoint.ts";
import { isProblem, readCheckpoint } from "../checkpoint/read-checkpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { LINE_FEED } from "../core/whole-lines.ts";
import { findBacklog, openBacklog, type Remainder } from "./backlog.ts";
import { type Finding, fail, ok, warn } from "./engines/finding.ts";
import { type Compression, Packer, UNPACKED_BYTES_MAX } from "./engines/packing.ts";
import { LogFiles } from "./log-files.ts";

/** Read together: all the memory that a backlog of any size takes. */
const READ_BYTES_MAX: number = 1024 * 1024;

const COMPRESSED = /\.gz$/;

/** Looks at a log, its rotated files and its checkpoint. @param target of the engine; undefined for one that isn't remembered */
export function* checkLog(path: string, target: string | undefined): Generator<Finding> {
  yield* checkpoint(path, target);
  try {
    const files = new LogFiles(path);
    const { entries, first, offset } = findBacklog(files, checkpointOf(path, target));
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

/** What lines must fit into. */
export interface LineLimits {
  /** Of a message. */
  readonly bytesMax: number;
  /** How lines are compressed before they are compared with that. */
  readonly compress: Compression | undefined;
}

/** Looks for lines that are longer than the engine accepts. Reads all that is to be forwarded. */
export async function* checkLines(
  path: string,
  target: string | undefined,
  { bytesMax, compress }: LineLimits,
): AsyncGenerator<Finding> {
  const files = new LogFiles(path);
  // A line that begins and ends in it is short enough.
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES_MAX, bytesMax));
  let tooLong = 0;
  let longest = 0;
  for (const remainder of openBacklog(files, findBacklog(files, checkpointOf(path, target)))) {
    for (const line of longLines(remainder, buffer, bytesMax)) {
      if (compress !== undefined && (await packedBytes(remainder, line, compress)) <= bytesMax) continue;
      tooLong++;
      longest = Math.max(longest, line.length);
    }
  }
  const how = compress === undefined ? "" : `, compressed by ${compress}`;
  if (tooLong === 0) return yield ok("lines", `none is longer than ${bytesMax} bytes${how}`);
  const fact = `${tooLong} lines are longer than ${bytesMax} bytes${how}, the longest ${longest}, and would be rejected`;
  yield fail("lines", fact, "raise the engine's limit");
}

/** How long a line is when it is compressed; without end for one that isn't compressed because it is too long. */
async function packedBytes({ file }: Remainder, { start, length }: Line, compression: Compression): Promise<number> {
  if (length > UNPACKED_BYTES_MAX) return Number.POSITIVE_INFINITY;
  const line = Buffer.allocUnsafe(length);
  const { bytes } = await new Packer(compression).pack(line.subarray(0, file.read(line, start)));
  return bytes.length;
}

interface Line {
  readonly start: number;
  readonly length: number;
}

/** Lines that are longer than this. */
function* longLines({ file, from, isNewest }: Remainder, buffer: Buffer, bytesMax: number): Generator<Line> {
  let start = from;
  let at = from;
  for (let read = file.read(buffer, at); read > 0; read = file.read(buffer, at)) {
    const chunk = buffer.subarray(0, read);
    const first = chunk.indexOf(LINE_FEED);
    if (first >= 0) {
      const length = at + first + 1 - start;
      if (length > bytesMax) yield { start, length };
      start = at + chunk.lastIndexOf(LINE_FEED) + 1;
    }
    at += read;
  }
  // An unfinished line of a finished file is one.
  if (!isNewest && at - start > bytesMax) yield { start, length: at - start };
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

/** The checkpoint, if it is about this place. */
function checkpointOf(path: string, target: string | undefined): Checkpoint | undefined {
  const reading = readCheckpoint(checkpointPath(path));
  if (typeof reading === "string" || isProblem(reading)) return undefined;
  return reading.target === target ? reading : undefined;
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
