import { readFileSync, readlinkSync, statSync } from "node:fs";

/** The program of a process, and the systemd unit it runs in; null where it can't be known. */
export interface SenderProcess {
  readonly exe: string | null;
  readonly unit: string | null;
}

const UNKNOWN: SenderProcess = { exe: null, unit: null };

/** Types of units that contain processes (systemd.unit(5)). */
const UNIT = /[^/]+\.(?:service|scope|socket|mount|swap)(?=\/|$)/;

/**
 * Looks up a process in /proc. Only root can read the program of another user's process.
 *
 * @param uid its user: if the pid belongs to another one by now, it is another process, and nothing is known
 */
export function senderProcess(pid: number, uid: number): SenderProcess {
  try {
    if (pid === 0 || statSync(`/proc/${pid}`).uid !== uid) return UNKNOWN;
  } catch {
    return UNKNOWN;
  }
  return {
    exe: orNull(() => readlinkSync(`/proc/${pid}/exe`)),
    unit: orNull(() => unitIn(readFileSync(`/proc/${pid}/cgroup`, "utf8"))),
  };
}

/**
 * The unit of the system's service manager in a process's cgroup file (cgroups(7)), as in
 * `0::/system.slice/nginx.service`: the first one of the path, as in systemd (sd_pid_get_unit(3)). What is below it
 * doesn't count: the users and containers to which systemd leaves that part choose the names there.
 */
export function unitIn(cgroups: string): string | null {
  const path = /^(?:0::|\d+:name=systemd:)(.+)$/m.exec(cgroups)?.[1];
  return path?.match(UNIT)?.[0] ?? null;
}

function orNull(read: () => string | null): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
