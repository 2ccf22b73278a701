import { closeSync, constants, fdatasyncSync, fstatSync, openSync, writeSync } from "node:fs";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { refuseForeign } from "../os/foreign-file.ts";
import type { Refusal } from "./engines/engine.ts";
import type { LogFile } from "./log-files.ts";

/** Of a rejected line, this much is kept, so that it can be recognised; the file has the rest, as long as it is there. */
const KEPT_BYTES: number = 64 * 1024;

const SUFFIX = ".rejected.jsonl";

/** Why lines were rejected, and where they are. */
export interface Rejection extends Refusal {
  /** The file's random name. */
  readonly file: string;
}

/** Appends a line about rejected ones, synced. After a crash there may be two about the same. @throws OperationalError OUTPUT_UNWRITABLE, OUTPUT_NOT_A_FILE, FOREIGN_FILE */
export function writeRejected(log: string, source: LogFile, rejection: Rejection): void {
  const start = Buffer.allocUnsafe(Math.min(rejection.length, KEPT_BYTES));
  const read = source.read(start, rejection.offset);
  const line = { ...rejection, time: new Date().toISOString(), start: start.toString("utf8", 0, read) };
  const path = log + SUFFIX;
  try {
    const fd = openRejected(path);
    try {
      writeSync(fd, `${JSON.stringify(line)}\n`);
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    const code = errnoOf(cause);
    if (code === undefined || cause instanceof OperationalError) throw cause;
    const fact = `${path} can't be written (${code}), and a line has to be rejected`;
    throw new OperationalError("OUTPUT_UNWRITABLE", `${fact}; fix that`, { cause });
  }
}

/** Opens the file to append to it, or creates it. @throws the system error, or OperationalError FOREIGN_FILE */
function openRejected(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  // O_NONBLOCK, so that a FIFO can't block the open before it is refused
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    refuseForeign(path, fd);
    if (fstatSync(fd).isFile()) return fd;
    throw new OperationalError(
      "OUTPUT_NOT_A_FILE",
      `${path} is not a regular file, and a line has to be rejected; move it`,
    );
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
