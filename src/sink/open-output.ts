import { closeSync, constants, fchmodSync, fstatSync, openSync } from "node:fs";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { lockHolder, tryLock } from "../os/file-lock.ts";
import { foreignOwner } from "../os/foreign-file.ts";
import { syncDirectory } from "../os/sync-directory.ts";
import { OutputFile } from "./output-file.ts";
import { type Repair, repairTail } from "./repair.ts";

/**
 * A name is opened again if it refers to another file by then. Rotation takes a moment, so two attempts are usually
 * enough.
 */
const ATTEMPTS_MAX = 10;

export interface OpenOptions {
  /** Permissions of a new file, whatever the umask says. */
  readonly mode: number;
  /** The file ended inside a line, which was moved to another file. */
  repaired(repair: Repair): void;
}

/**
 * The only way to open an output: creates it if necessary, takes an exclusive lock, so that it has one owner,
 * moves a torn last line to another file, and syncs its name. On failure it is closed again, which releases the lock.
 * Symbolic links and anything but a regular file are refused: a log line must not end up in a device.
 *
 * @returns the output, open for reading and appending, whose last byte is an LF
 * @throws OperationalError OUTPUT_UNWRITABLE, OUTPUT_NOT_A_FILE, OUTPUT_NOT_LINES or OUTPUT_IN_USE
 */
export function openOutput(path: string, options: OpenOptions): OutputFile {
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const output = tryOpen(path, options);
      if (output !== undefined) return output;
    }
  } catch (error) {
    throw refusal(path, error);
  }
  throw new OperationalError(
    "OUTPUT_UNWRITABLE",
    `${path} is replaced faster than it can be opened; stop the program that replaces it or pass another --output`,
  );
}

/** @returns undefined when the name refers to another file by now */
function tryOpen(path: string, { mode, repaired }: OpenOptions): OutputFile | undefined {
  const existing = openIfThere(path);
  const fd = existing ?? make(path, mode);
  if (fd === undefined) return undefined;
  try {
    if (existing === undefined) fchmodSync(fd, mode);
    checkAndLock(fd, path);
    const output = new OutputFile(path, fd);
    if (output.isNamed()) {
      const repair = repairTail(fd, path, new Date());
      output.grown(-(repair?.bytes ?? 0));
      if (repair !== undefined) repaired(repair);
      syncName(path, existing === undefined);
      return output;
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return undefined;
}

function openIfThere(path: string): number | undefined {
  const { O_RDWR, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    // O_NONBLOCK, so that a FIFO can't block the open before it is refused
    return openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** @returns undefined when another program created it meanwhile. @throws the system error */
function make(path: string, mode: number): number | undefined {
  const { O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  try {
    return openSync(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return undefined;
    throw error;
  }
}

function checkAndLock(fd: number, path: string): void {
  if (!fstatSync(fd).isFile()) throw notAFile(path);
  const uid = foreignOwner(path, fd);
  if (uid !== undefined) {
    throw new OperationalError(
      "FOREIGN_FILE",
      `${path} belongs to uid ${uid}, in a directory that users other than you and root may write to; remove it or pass another --output`,
    );
  }
  if (tryLock(fd)) return;
  throw new OperationalError(
    "OUTPUT_IN_USE",
    `${path} is locked by ${lockHolder(fd)}; stop it or pass another --output`,
  );
}

/** The process that created the file may have died before its name was synced. */
function syncName(path: string, isNew: boolean): void {
  try {
    syncDirectory(path);
  } catch (error) {
    // In a directory that we may not read, all files were created by others, who sync it.
    if (isNew || errnoOf(error) !== "EACCES") throw error;
  }
}

function refusal(path: string, cause: unknown): unknown {
  const code = errnoOf(cause);
  if (cause instanceof OperationalError || code === undefined) return cause;
  if (code === "ELOOP" || code === "EISDIR" || code === "ENXIO") return notAFile(path, cause);
  const remedy = code === "ENOENT" ? "make its directory" : "fix that";
  return new OperationalError(
    "OUTPUT_UNWRITABLE",
    `${path} can't be opened for appending (${code}); ${remedy} or pass another --output`,
    { cause },
  );
}

function notAFile(path: string, cause?: unknown): OperationalError {
  return new OperationalError(
    "OUTPUT_NOT_A_FILE",
    `${path} is not a regular file (symbolic links are not followed); pass another --output, or - for standard output`,
    { cause },
  );
}
