import { type BigIntStats, constants, fstatSync, openSync } from "node:fs";
import { OWNER_ONLY, type PathAccess } from "../core/path-access.ts";
import { F_GETPIPE_SZ, F_SETPIPE_SZ, FIONREAD } from "./constants.ts";
import { errnoError, errnoName, fcntl, ioctl, mkfifo } from "./libc.ts";
import { grantAccess } from "./path-access.ts";

/**
 * The sticky bit has no effect on a FIFO, so nobody else sets it; here it marks FIFOs created by makeFifo(). A mark in
 * the FIFO itself outlives the process that created it. Users who set the mode in octal (chmod 660) remove the mark
 * and so make the FIFO theirs.
 */
const OWN_FIFO_MARK = 0o1000;

/**
 * Creates a FIFO that only its owner may read and write (mode 0600, whatever the umask is), and marks it as made here. Does
 * nothing if the path exists.
 *
 * @throws the system error of mkfifo(3)
 */
export function makeFifo(path: string): void {
  const isMade = mkfifo(path, OWN_FIFO_MARK | 0o600) === 0;
  if (isMade) grantAccess(path, OWNER_ONLY, isOurs);
  else if (errnoName() !== "EEXIST") throw errnoError("mkfifo", path);
}

/**
 * Whether makeFifo() created this FIFO, in this run or an earlier one of the same user.
 *
 * @param givenTo the user who owns the aggregator's FIFOs, where it isn't this process's
 */
export function isOwnFifo(fd: number, givenTo: number | undefined): boolean {
  const { mode, uid } = fstatSync(fd);
  return isMarked(mode) && (uid === process.geteuid?.() || uid === givenTo);
}

/**
 * Whether a FIFO of makeFifo() was open to users, apart from root and this one, who may not open it with that access.
 * One that was created just now never is.
 */
export function admittedOthers(fd: number, access: PathAccess): boolean {
  const found = fstatSync(fd);
  if (!isMarked(found.mode)) return false;
  const [ownUid, ownGid] = [process.geteuid?.(), process.getegid?.()];
  const { mode, uid = ownUid, gid = ownGid } = access;
  const isOwnerAllowed = [uid, ownUid, 0].includes(found.uid);
  const isGroupAllowed = (found.mode & 0o070) === 0 || found.gid === gid;
  return !isOwnerAllowed || !isGroupAllowed || (found.mode & 0o077 & ~mode) !== 0;
}

function isOurs(found: BigIntStats): boolean {
  return found.isFIFO() && isMarked(Number(found.mode)) && Number(found.uid) === process.geteuid?.();
}

function isMarked(mode: number): boolean {
  return (mode & OWN_FIFO_MARK) !== 0;
}

/** Enlarges a pipe's buffer as far as the system's limits permit (pipe(7)). @returns its size now, in bytes */
export function growPipe(fd: number, bytes: number): number {
  fcntl(fd, F_SETPIPE_SZ, "int", bytes);
  return fcntl(fd, F_GETPIPE_SZ, "int", 0);
}

/**
 * Opens the FIFO behind a descriptor again, for reading and writing. As long as the new descriptor is open, the FIFO
 * has a writer and therefore no end of file (fifo(7)). Works even if the FIFO was deleted or renamed.
 *
 * @throws the system error of open(2)
 */
export function openAnchor(fd: number): number {
  return openSync(`/proc/self/fd/${fd}`, constants.O_RDWR | constants.O_NONBLOCK);
}

/**
 * Opens the FIFO behind a descriptor again, for writing. As long as the new descriptor is open, the pipe keeps its
 * content, even when nobody has it open for reading and writers are refused (EPIPE).
 *
 * @param fd a reader's descriptor @throws the system error of open(2)
 */
export function openKeeper(fd: number): number {
  return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
}

/** Opens the pipe behind a keeper for reading. @throws the system error of open(2) */
export function openReader(keeper: number): number {
  return openSync(`/proc/self/fd/${keeper}`, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Number of bytes in a pipe. @param fd either of its ends @throws the system error of ioctl(2) */
export function bytesInPipe(fd: number): number {
  const bytes = Buffer.alloc(4);
  if (ioctl(fd, FIONREAD, bytes) < 0) throw errnoError("ioctl");
  return bytes.readInt32LE();
}
