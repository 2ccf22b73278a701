import { basename } from "node:path";
import { checkpointPath } from "../checkpoint/checkpoint.ts";
import type { Likeness } from "../checkpoint/file-mark.ts";
import { isProblem, readCheckpoint } from "../checkpoint/read-checkpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { countLines, LINE_FEED } from "../core/whole-lines.ts";
import { findBacklog, markOf, openBacklog, type Remainder } from "./backlog.ts";
import { timeOf } from "./line-time.ts";
import { LogFiles } from "./log-files.ts";
import { missingFile } from "./missing-file.ts";

/** Read together: large enough that calls cost nothing, and all the memory that a backlog of any size takes. */
const READ_BYTES: number = 1024 * 1024;
/** Of the oldest line, this much is looked at for its time. */
const LINE_BYTES_MAX: number = 64 * 1024;

/** How much of one file is forwarded. */
export interface FileStatus {
  readonly path: string;
  /** Its random name in the stream; null before anything of it was sent. */
  readonly id: string | null;
  readonly bytes: number;
  readonly forwardedBytes: number;
  /** Whole lines that aren't acknowledged, and their bytes. */
  readonly lagLines: number;
  readonly lagBytes: number;
}

/** The first line that isn't acknowledged. */
export interface OldestLine {
  readonly path: string;
  readonly offset: number;
  /** When it was written, as it says itself; null where it doesn't. */
  readonly time: string | null;
}

/** How far a log and its rotated files are forwarded, from the checkpoint and the files alone. */
export interface ForwardingStatus {
  /** Null where nothing has been forwarded. */
  readonly target: string | null;
  /** What has become of the file that is being forwarded; null where nothing has been forwarded. */
  readonly present: Likeness | "gone" | null;
  readonly lagBytes: number;
  readonly lagLines: number;
  /** Age of the oldest line, 0 where there is none; null where the line has no time. */
  readonly lagSeconds: number | null;
  readonly oldest: OldestLine | null;
  readonly files: readonly FileStatus[];
}

/** @throws OperationalError CHECKPOINT_UNUSABLE, INPUT_UNREADABLE */
export function readStatus(path: string, now: Date): ForwardingStatus {
  const reading = readCheckpoint(checkpointPath(path));
  if (isProblem(reading)) {
    const fact = `${checkpointPath(path)} ${reading.problem}`;
    throw new OperationalError("CHECKPOINT_UNUSABLE", `${fact}; remove it to forward all files from their beginning`);
  }
  const checkpoint = typeof reading === "string" ? undefined : reading;
  const logFiles = new LogFiles(path);
  const backlog = findBacklog(logFiles, checkpoint);
  if (backlog.entries.length === 0) throw missingFile(path);
  const marks = checkpoint === undefined ? [] : [...checkpoint.finished, checkpoint.file];
  const files: FileStatus[] = backlog.entries.slice(0, backlog.first).map((entry) => {
    const bytes = Number(entry.stats.size);
    const id = markOf(entry, marks)?.id ?? null;
    return { path: basename(entry.path), id, bytes, forwardedBytes: bytes, lagLines: 0, lagBytes: 0 };
  });
  let oldest: OldestLine | null = null;
  for (const remainder of openBacklog(logFiles, backlog)) {
    const counts = countRemainder(remainder);
    const { from } = remainder;
    const id = from > 0 && !isBegunAnew(backlog.likeness) ? (checkpoint?.file.id ?? null) : null;
    if (counts.lagBytes > 0)
      oldest ??= {
        path: basename(remainder.path),
        offset: from,
        time: timeOf(firstLine(remainder))?.toISOString() ?? null,
      };
    files.push({ path: basename(remainder.path), id, forwardedBytes: from, ...counts });
  }
  return {
    target: checkpoint?.target ?? null,
    present: backlog.likeness ?? null,
    lagBytes: files.reduce((sum, file) => sum + file.lagBytes, 0),
    lagLines: files.reduce((sum, file) => sum + file.lagLines, 0),
    lagSeconds: ageOf(oldest, now),
    oldest,
    files,
  };
}

/** A file that has lost what was forwarded gets another name. */
function isBegunAnew(likeness: Likeness | "gone" | undefined): boolean {
  return likeness !== "same" && likeness !== "copy";
}

function ageOf(oldest: OldestLine | null, now: Date): number | null {
  if (oldest === null) return 0;
  return oldest.time === null ? null : Math.max(0, (now.getTime() - Date.parse(oldest.time)) / 1000);
}

/** Counts up to the size that the file has now. An unfinished line at the end of a finished file is one. */
export function countRemainder({
  file,
  from,
  isNewest,
}: Remainder): Pick<FileStatus, "bytes" | "lagLines" | "lagBytes"> {
  const { bytes } = file;
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let lagLines = 0;
  let lineEnd = from;
  for (let at = from; at < bytes; ) {
    const read = buffer.subarray(0, Math.min(file.read(buffer, at), bytes - at));
    if (read.length === 0) break;
    lagLines += countLines(read);
    const last = read.lastIndexOf(LINE_FEED);
    if (last >= 0) lineEnd = at + last + 1;
    at += read.length;
  }
  if (isNewest || lineEnd === bytes) return { bytes, lagLines, lagBytes: lineEnd - from };
  return { bytes, lagLines: lagLines + 1, lagBytes: bytes - from };
}

/** The first line of a remainder, or its beginning. */
export function firstLine({ file, from }: Remainder): string {
  const buffer = Buffer.allocUnsafe(LINE_BYTES_MAX);
  const read = buffer.subarray(0, file.read(buffer, from));
  const end = read.indexOf(LINE_FEED);
  return read.toString("utf8", 0, end < 0 ? read.length : end);
}
