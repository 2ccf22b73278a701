import { readdirSync, readFileSync } from "node:fs";

/** The most memory of a process that has been in RAM at once. */
export function residentBytesMax(pid: number): number {
  return statusBytes(pid, "VmHWM");
}

function statusBytes(pid: number, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kibibytes === undefined) throw new Error(`no ${name} of pid ${pid}`);
  return Number(kibibytes) * 1024;
}

/** CPU time of all threads of a process, to the nanosecond the scheduler counts in (/proc/<pid>/task/<tid>/schedstat). */
export function cpuNs(pid: number): bigint {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, tid) => sum + threadNs(`/proc/${pid}/task/${tid}/schedstat`), 0n);
}

function threadNs(path: string): bigint {
  return BigInt(readFileSync(path, "utf8").split(" ")[0] ?? "");
}
