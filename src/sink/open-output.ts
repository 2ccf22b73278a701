import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { lockHolder, tryLock } from "../os/file-lock.ts";

/**
 * Opens the output for appending, making it if need be, and takes an exclusive lock, so that it has one owner.
 * Symbolic links and anything but a regular file are refused: a log line must not end up in a device.
 *
 * @param mode permissions of a new file
 * @returns a descriptor open for reading and appending
 * @throws OperationalError OUTPUT_UNWRITABLE, OUTPUT_NOT_A_FILE or OUTPUT_IN_USE
 */
export function openOutput(path: string, mode: number): number {
  const fd = open(path, mode);
  try {
    if (!fstatSync(fd).isFile()) throw notAFile(path);
    if (!tryLock(fd)) {
      const pid = lockHolder(fd);
      throw new OperationalError(
        "OUTPUT_IN_USE",
        `${path} is being written by ${pid ? `pid ${pid}` : "another aggregator"}; stop it or pass another --output`,
      );
    }
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function open(path: string, mode: number): number {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    // O_NONBLOCK so that a FIFO in this place can't hold us up before it is refused
    return openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode);
  } catch (cause) {
    const code = errnoOf(cause);
    if (code === "ELOOP" || code === "EISDIR" || code === "ENXIO") throw notAFile(path, cause);
    const remedy = code === "ENOENT" ? "make its directory" : "mend that";
    throw new OperationalError(
      "OUTPUT_UNWRITABLE",
      `${path} can't be opened for appending (${code}); ${remedy} or pass another --output`,
      { cause },
    );
  }
}

function notAFile(path: string, cause?: unknown): OperationalError {
  return new OperationalError(
    "OUTPUT_NOT_A_FILE",
    `${path} is not a regular file (symbolic links are not followed); pass another --output`,
    { cause },
  );
}
