import { type BigIntStats, constants, fstatSync, openSync } from "node:fs";
import { F_GETPIPE_SZ, F_SETPIPE_SZ, FIONREAD } from "./constants.ts";
import { errnoError, errnoName, fcntl, ioctl, mkfifo } from "./libc.ts";
import { allowOwner } from "./owner-mode.ts";

/**
 * On a FIFO the sticky bit has no effect, so nobody sets it; here it marks those of makeFifo(). A mark in the FIFO itself
 * outlives the process that made it, and whoever gives the FIFO another mode in octal (chmod 660) takes it over.
 */
const OWN_FIFO_MARK = 0o1000;

/**
 * Makes a FIFO that only its owner reads and writes (mode 0600, whatever the umask is), and marks it as ours. What is at the
 * path already stays.
 *
 * @throws the system error of mkfifo(3)
 */
export function makeFifo(path: string): void {
  const isMade = mkfifo(path, OWN_FIFO_MARK | 0o600) === 0;
  if (isMade) allowOwner(path, isMarked);
  else if (errnoName() !== "EEXIST") throw errnoError("mkfifo", path);
}

/** Whether makeFifo() made this FIFO, in whichever run of this user's. */
export function isOwnFifo(fd: number): boolean {
  return isMarked(fstatSync(fd, { bigint: true }));
}

function isMarked(found: BigIntStats): boolean {
  return found.isFIFO() && (Number(found.mode) & OWN_FIFO_MARK) !== 0 && Number(found.uid) === process.geteuid?.();
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

/**
 * Opens the FIFO behind a descriptor once more, for writing: as long as this one is open, what is in the pipe stays
 * there, also when nobody has it open for reading and writers are refused (EPIPE).
 *
 * @param fd of a reader @throws the system error of open(2)
 */
export function openKeeper(fd: number): number {
  return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
}

/** A reader of the pipe that a keeper keeps. @throws the system error of open(2) */
export function openReader(keeper: number): number {
  return openSync(`/proc/self/fd/${keeper}`, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Bytes that wait in a pipe. @param fd any of its ends @throws the system error of ioctl(2) */
export function bytesInPipe(fd: number): number {
  const bytes = Buffer.alloc(4);
  if (ioctl(fd, FIONREAD, bytes) < 0) throw errnoError("ioctl");
  return bytes.readInt32LE();
}
