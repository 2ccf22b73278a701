import { constants, openSync } from "node:fs";
import { F_GETPIPE_SZ, F_SETPIPE_SZ } from "./constants.ts";
import { errnoError, errnoName, fcntl, mkfifo } from "./libc.ts";

/**
 * Makes a FIFO that only its owner reads and writes (mode 0600, whatever the umask is).
 *
 * @returns false when something is at the path already
 * @throws the system error of mkfifo(3)
 */
export function makeFifo(path: string): boolean {
  const umask = process.umask(0o177);
  const result = mkfifo(path, 0o600);
  process.umask(umask);
  if (result === 0) return true;
  if (errnoName() === "EEXIST") return false;
  throw errnoError("mkfifo", path);
}

/** Enlarges a pipe's buffer as far as the system's limits let this user (pipe(7)). @returns the bytes it holds now */
export function growPipe(fd: number, bytes: number): number {
  fcntl(fd, F_SETPIPE_SZ, "int", bytes);
  return fcntl(fd, F_GETPIPE_SZ, "int", 0);
}

/**
 * Opens the FIFO behind a descriptor once more, for reading and writing: as long as this one is open, the FIFO has a
 * writer, and so no end of file (fifo(7)). Works whatever has become of its name.
 *
 * @throws the system error of open(2)
 */
export function openAnchor(fd: number): number {
  return openSync(`/proc/self/fd/${fd}`, constants.O_RDWR | constants.O_NONBLOCK);
}
