import { fstatSync, readdirSync, readFileSync } from "node:fs";
import { LOCK_EX, LOCK_NB } from "./constants.ts";
import { errnoError, errnoName, flock } from "./libc.ts";

/**
 * Acquires an exclusive flock(2) on an open file, FIFO or directory, without waiting. The lock ends with the
 * descriptor, however the process dies. Anyone who may read a file may lock it.
 *
 * @returns false when another open file description has the lock
 * @throws the system error where the file system doesn't support locks
 */
export function tryLock(fd: number): boolean {
  while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
    const code = errnoName();
    if (code === "EAGAIN") return false; // EWOULDBLOCK is the same number on Linux
    if (code !== "EINTR") throw errnoError("flock");
  }
  return true;
}

/** The holder of the flock on this open file, for a message: `pid 812 (uid 1000)`, if /proc shows it (proc(5)). */
export function lockHolder(fd: number): string {
  return findLockHolder(fd) ?? "another program";
}

/** The same, undefined where /proc shows no lock. Doesn't acquire it, so nobody who wants it is refused meanwhile. */
export function findLockHolder(fd: number): string | undefined {
  const inode = fstatSync(fd, { bigint: true }).ino.toString();
  for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
    const [, type, , , pid, file] = line.split(/\s+/);
    if (type !== "FLOCK" || pid === undefined || file?.split(":")[2] !== inode) continue;
    return describeProcess(pid) ?? otherHolderOf(inode) ?? "another program";
  }
  return undefined;
}

/**
 * Undefined when the process has ended. The uid isn't read from the owner of /proc/<pid>, which a process can change to
 * root (PR_SET_DUMPABLE, prctl(2)).
 */
function describeProcess(pid: string): string | undefined {
  const uid = /^Uid:\t\d+\t(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1];
  return uid === undefined ? undefined : `pid ${pid} (uid ${uid})`;
}

/**
 * Another process that has the locked descriptor. /proc/locks names the process that acquired the lock, but the lock
 * outlives it when the descriptor was inherited.
 */
function otherHolderOf(inode: string): string | undefined {
  const lock = new RegExp(`^lock:.*:${inode} `, "m");
  const pid = namesIn("/proc").find(
    (name) =>
      /^\d+$/.test(name) &&
      namesIn(`/proc/${name}/fdinfo`).some((fd) => lock.test(textOf(`/proc/${name}/fdinfo/${fd}`))),
  );
  return pid === undefined ? undefined : describeProcess(pid);
}

/** Empty when the file has gone in the meantime, or when this user may not read it. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
