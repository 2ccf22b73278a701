import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The pid that has the socket with this inode open; undefined when it has ended or we may not see it (proc(5)). */
function pidOfSocketInode(inode: string): number | undefined {
  const wanted = `socket:[${inode}]`;
  for (const pid of readdirSync("/proc")) {
    if (/^\d+$/.test(pid) && descriptorsOf(pid).includes(wanted)) return Number(pid);
  }
  return undefined;
}

/**
 * SS_UNCONNECTED: a listening or datagram socket. Connections have the same path; those in the backlog have inode 0.
 */
const UNCONNECTED = "01";

/** The pid that has an AF_UNIX socket bound to this path, if /proc shows it. */
export function pidOfUnixPath(path: string): number | undefined {
  for (const line of readFileSync("/proc/net/unix", "utf8").split("\n")) {
    const fields = line.trim().split(/\s+/);
    if (!line.endsWith(` ${path}`) || fields[5] !== UNCONNECTED || fields[6] === undefined) continue;
    const pid = pidOfSocketInode(fields[6]);
    if (pid !== undefined) return pid;
  }
  return undefined;
}

function descriptorsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // has ended in the meantime, or belongs to another user
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** The pid that has a tcp or udp socket bound to this port, if /proc shows it. */
export function pidOfInetPort(protocol: string, port: number): number | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const table of [protocol, `${protocol}6`]) {
    for (const line of tableLines(`/proc/net/${table}`)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(suffix) && fields[9] !== undefined) return pidOfSocketInode(fields[9]);
    }
  }
  return undefined;
}

function tableLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").slice(1);
  } catch {
    return []; // no IPv6 on this machine
  }
}
