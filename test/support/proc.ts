import { readdirSync, readFileSync } from "node:fs";

/** The peak resident memory of a process, in bytes. */
export function residentBytesMax(pid: number): number {
  return statusBytes(pid, "VmHWM");
}

function statusBytes(pid: number, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kibibytes === undefined) throw new Error(`no ${name} of pid ${pid}`);
  return Number(kibibytes) * 1024;
}

const EPOLLOUT = 4;

/**
 * Whether the main thread sleeps in the kernel and one of its epoll sets asks for a descriptor to become writable
 * (/proc/<pid>/fdinfo, proc(5)): Node asks for that only while a write is unfinished.
 */
export function waitsToWrite(pid: number): boolean {
  return (
    asksForWritable(pid) && !readFileSync(`/proc/${pid}/syscall`, "utf8").startsWith("running") && asksForWritable(pid)
  );
}

function asksForWritable(pid: number): boolean {
  return readdirSync(`/proc/${pid}/fdinfo`).some((fd) => {
    const masks = fdInfo(`/proc/${pid}/fdinfo/${fd}`).matchAll(/^tfd: +\d+ events: +([0-9a-f]+)/gm);
    return [...masks].some(([, mask = ""]) => (Number.parseInt(mask, 16) & EPOLLOUT) !== 0);
  });
}

/** Empty for a descriptor that has been closed meanwhile. */
function fdInfo(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
