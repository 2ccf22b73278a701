import { fstatSync, readdirSync, readFileSync } from "node:fs";
import { LOCK_EX, LOCK_NB } from "./constants.ts";
import { errnoError, errnoName, flock } from "./libc.ts";

/**
 * Takes an exclusive flock(2) on an open file, FIFO or directory, without waiting. It ends with the descriptor, however
 * the process dies. Whoever may read a file may lock it.
 *
 * @returns false when another open file description holds it
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

/** Who holds the flock on this open file, for a message: `pid 812 (uid 1000)`, as far as /proc tells (proc(5)). */
export function lockHolder(fd: number): string {
  const inode = fstatSync(fd, { bigint: true }).ino.toString();
  for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
    const [, type, , , pid, file] = line.split(/\s+/);
    if (type !== "FLOCK" || pid === undefined || file?.split(":")[2] !== inode) continue;
    return describeProcess(pid) ?? otherHolderOf(inode) ?? "another program";
  }
  return "another program";
}

/** Undefined when it has ended. Not by the owner of /proc/<pid>, which a process can make root (PR_SET_DUMPABLE, prctl(2)). */
function describeProcess(pid: string): string | undefined {
  const uid = /^Uid:\t\d+\t(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1];
  return uid === undefined ? undefined : `pid ${pid} (uid ${uid})`;
}

/** A lock is named after the process that took it, and outlives it where another one has the descriptor too. */
function otherHolderOf(inode: string): string | undefined {
  const lock = new RegExp(`^lock:.*:${inode} `, "m");
  const pid = namesIn("/proc").find(
    (name) =>
      /^\d+$/.test(name) &&
      namesIn(`/proc/${name}/fdinfo`).some((fd) => lock.test(textOf(`/proc/${name}/fdinfo/${fd}`))),
  );
  return pid === undefined ? undefined : describeProcess(pid);
}

/** Nothing for what has gone meanwhile, and for what other users may not see. */
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
