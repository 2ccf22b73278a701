import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { REPAIR_BYTES_MAX } from "../core/limits.ts";
import { timeStamp } from "./time-stamp.ts";

const LF = 0x0a;
/** Of one read(2): a torn line is nearly always shorter, and is then read at once. */
const STEP_BYTES = 64 * 1024;

/** Most torn lines of one output moved in the same millisecond; more would mean that something else is wrong. */
const NAMES_MAX = 100;

/** A torn last line that was moved out of the output. */
export interface Repair {
  readonly bytes: number;
  readonly movedTo: string;
}

/**
 * Moves what follows the last LF (a line that a crash cut short) to a file beside the output, synced before the output
 * is shortened, so that a crash in between leaves two copies, never none. Whole lines are not changed.
 *
 * @param fd the output, open for reading and appending
 * @param now the time in the torn file's name: `<path>.torn-20261123T040000000Z`, with `-1` and so on where that name
 *   is in use
 * @throws OperationalError OUTPUT_UNWRITABLE when the torn line can't be saved (disk full), OUTPUT_NOT_LINES when it is
 *   longer than REPAIR_BYTES_MAX; then nothing has changed
 */
export function repairTail(fd: number, path: string, now: Date): Repair | undefined {
  const size = fstatSync(fd).size;
  const whole = endOfLastLine(fd, size, path);
  if (whole === size) return undefined;
  const movedTo = save({ fd, start: whole, end: size }, `${path}.torn-${timeStamp(now)}`);
  ftruncateSync(fd, whole);
  fsyncSync(fd);
  return { bytes: size - whole, movedTo };
}

/** Offset just after the last LF, 0 when there is none. */
function endOfLastLine(fd: number, size: number, path: string): number {
  const step = Buffer.allocUnsafe(Math.min(STEP_BYTES, Math.max(size, 1)));
  let end = size;
  while (end > 0) {
    if (size - end >= REPAIR_BYTES_MAX) throw notLines(path);
    const start = Math.max(0, end - step.length);
    const read = readSync(fd, step, 0, end - start, start);
    const at = step.subarray(0, read).lastIndexOf(LF);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

function notLines(path: string): OperationalError {
  const fact = `${path} has no line end in its last ${REPAIR_BYTES_MAX} bytes, so it isn't a log`;
  return new OperationalError("OUTPUT_NOT_LINES", `${fact}; pass another --output or move it away`);
}

/** Bytes of a file, from `start` up to but not including `end`. */
interface Extent {
  readonly fd: number;
  readonly start: number;
  readonly end: number;
}

/** @returns the name of the file it was saved to */
function save(torn: Extent, name: string): string {
  try {
    const { path, fd: to } = makeUnused(name);
    try {
      copyOut(torn, to);
      return path;
    } catch (error) {
      unlinkSync(path);
      throw error;
    } finally {
      closeSync(to);
    }
  } catch (cause) {
    const fact = `the output's last line was cut short and can't be moved to ${name} (${errnoOf(cause)})`;
    throw new OperationalError("OUTPUT_UNWRITABLE", `${fact}; free some space or fix that`, { cause });
  }
}

/** Creates a new file, and never writes through a link: other users may have write access to the directory. */
function makeUnused(name: string): { path: string; fd: number } {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  for (let count = 0; ; count++) {
    const path = count === 0 ? name : `${name}-${count}`;
    try {
      return { path, fd: openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600) };
    } catch (error) {
      if (errnoOf(error) !== "EEXIST" || count === NAMES_MAX) throw error;
    }
  }
}

function copyOut({ fd, start, end }: Extent, to: number): void {
  const step = Buffer.allocUnsafe(STEP_BYTES);
  for (let at = start; at < end; ) {
    const read = readSync(fd, step, 0, Math.min(step.length, end - at), at);
    if (read === 0) break;
    for (let done = 0; done < read; ) done += writeSync(to, step, done, read - done);
    at += read;
  }
  fsyncSync(to);
}
