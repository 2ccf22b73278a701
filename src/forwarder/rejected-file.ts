import { closeSync, constants, fdatasyncSync, openSync, writeSync } from "node:fs";
import { errnoOf, OperationalError } from "../core/errors.ts";
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

/** Appends a line about rejected ones, synced. After a crash there may be two about the same. @throws OperationalError OUTPUT_UNWRITABLE */
export function writeRejected(log: string, source: LogFile, rejection: Rejection): void {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const start = Buffer.allocUnsafe(Math.min(rejection.length, KEPT_BYTES));
  const read = source.read(start, rejection.offset);
  const line = { ...rejection, time: new Date().toISOString(), start: start.toString("utf8", 0, read) };
  const path = log + SUFFIX;
  try {
    const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      writeSync(fd, `${JSON.stringify(line)}\n`);
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    const code = errnoOf(cause);
    if (code === undefined) throw cause;
    const fact = `${path} can't be written (${code}), and a line has to be rejected`;
    throw new OperationalError("OUTPUT_UNWRITABLE", `${fact}; fix that`, { cause });
  }
}
