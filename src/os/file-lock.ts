import { fstatSync, readFileSync } from "node:fs";
import { LOCK_EX, LOCK_NB } from "./constants.ts";
import { errnoError, errnoName, flock } from "./libc.ts";

/**
 * Takes an exclusive flock(2) on an open file, FIFO or directory, without waiting. It ends with the descriptor, however
 * the process dies. @returns false when another open file description holds it
 * @throws the system error where the file system has no locks
 */
export function tryLock(fd: number): boolean {
  while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
    const code = errnoName();
    if (code === "EAGAIN") return false; // EWOULDBLOCK is the same number on Linux
    if (code !== "EINTR") throw errnoError("flock");
  }
  return true;
}

/** The pid that holds the flock on this open file, from /proc/locks (proc(5)); undefined when it can't be told. */
export function lockHolder(fd: number): number | undefined {
  const inode = fstatSync(fd, { bigint: true }).ino.toString();
  for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
    const fields = line.split(/\s+/);
    if (fields[1] === "FLOCK" && fields[5]?.split(":")[2] === inode) return Number(fields[4]);
  }
  return undefined;
}
