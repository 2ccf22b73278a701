import { readFileSync } from "node:fs";

/** Linux reports process times in ticks of 1/100 s on every architecture (USER_HZ, proc(5)). */
const MS_PER_TICK = 10;

/** CPU time a process has used so far, user and system together. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Memory of a process that is in RAM now. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, "VmRSS");
}

/** The most memory of a process that has been in RAM at once. */
export function residentBytesMax(pid: number): number {
  return statusBytes(pid, "VmHWM");
}

function statusBytes(pid: number, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kibibytes === undefined) throw new Error(`no ${name} of pid ${pid}`);
  return Number(kibibytes) * 1024;
}
