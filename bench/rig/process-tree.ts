import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ, the unit of times in /proc/PID/stat (proc(5)); 100 on all of Node's Linux platforms. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** A process and its descendants. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const parent = Number(/^\d+$/.test(name) ? statFields(Number(name))[1] : undefined);
    if (!Number.isNaN(parent)) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Processor seconds of a tree so far, children that have ended included. */
export function cpuSeconds(root: number): number {
  let seconds = 0;
  for (const pid of processTree(root)) {
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = statFields(pid).slice(11, 15).map(Number);
    // Scheduler statistics count nanoseconds, but forget threads that have ended; stat remembers them, in ticks.
    seconds += Math.max(scheduledSeconds(pid), (user + system) / TICKS_PER_SECOND);
    seconds += (childUser + childSystem) / TICKS_PER_SECOND;
  }
  return seconds;
}

/** Resident bytes of a tree now. */
export function residentBytes(root: number): number {
  return processTree(root).reduce(
    (sum, pid) => sum + Number(read(`/proc/${pid}/statm`).split(" ")[1] ?? 0) * PAGE_BYTES,
    0,
  );
}

/** Processor seconds that the whole machine has worked. */
export function cpuBusySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    read("/proc/stat").split("\n")[0]?.split(/ +/).slice(1).map(Number) ?? [];
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

function scheduledSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of list(`/proc/${pid}/task`))
    nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0] ?? 0);
  return nanoseconds / 1e9;
}

/** Fields of /proc/PID/stat from the state on; none when the process is gone. */
function statFields(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
