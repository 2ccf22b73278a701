import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ, the unit of times in /proc/PID/stat and /proc/stat (proc(5)); 100 on all of Node's Linux platforms. */
const TICKS_PER_SECOND = 100;
const KIB = 1024;

/** A process and its descendants. */
export function processTree(root: number): number[] {
  return descendants(root, childrenOfAll());
}

function descendants(root: number, children: ReadonlyMap<number, readonly number[]>): number[] {
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

function childrenOfAll(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const parent = Number(/^\d+$/.test(name) ? statFields(Number(name))[1] : undefined);
    if (!Number.isNaN(parent)) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

/** What processes have used so far, children that have ended included. */
export interface ProcessUse {
  /** In ns, by the scheduler; of threads and children that have ended in ticks of 10 ms. */
  readonly cpuSeconds: number;
  /** In ticks of 10 ms, by the same clock on most kernels. */
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
  /** By read(2) and write(2) and the like; null where they may not be read. */
  readonly readBytes: number | null;
  readonly writtenBytes: number | null;
  readonly peakResidentBytes: number;
}

/** What each of these processes has used together with its descendants. Those that have ended are left out. */
export function treeUses(roots: readonly number[]): ReadonlyMap<number, ProcessUse> {
  const children = childrenOfAll();
  const uses = new Map<number, ProcessUse>();
  for (const root of roots) {
    const [first, ...others] = descendants(root, children).flatMap((pid) => processUse(pid) ?? []);
    if (first !== undefined) uses.set(root, others.reduce(sumOf, first));
  }
  return uses;
}

function sumOf(one: ProcessUse, other: ProcessUse): ProcessUse {
  const names = Object.keys(one) as (keyof ProcessUse)[];
  const sums = names.map((name) => {
    const [a, b] = [one[name], other[name]];
    return [name, a === null || b === null ? null : a + b];
  });
  return Object.fromEntries(sums) as ProcessUse;
}

function processUse(pid: number): ProcessUse | undefined {
  const times = statFields(pid).slice(11, 15).map(Number);
  const [user, system, childUser, childSystem] = times.map((ticks) => ticks / TICKS_PER_SECOND);
  if (user === undefined || system === undefined || childUser === undefined || childSystem === undefined)
    return undefined;
  const threads = list(`/proc/${pid}/task`).map((thread) => read(`/proc/${pid}/task/${thread}/status`));
  const switches = (kind: string): number =>
    threads.reduce((sum, status) => sum + (numberAfter(status, `${kind}_ctxt_switches:`) ?? 0), 0);
  const io = read(`/proc/${pid}/io`);
  return {
    // The scheduler's statistics forget threads that have ended.
    cpuSeconds: Math.max(scheduledSeconds(pid), user + system) + childUser + childSystem,
    userSeconds: user + childUser,
    systemSeconds: system + childSystem,
    voluntarySwitches: switches("\nvoluntary"),
    involuntarySwitches: switches("\nnonvoluntary"),
    readBytes: numberAfter(io, "rchar:"),
    writtenBytes: numberAfter(io, "wchar:"),
    peakResidentBytes: KIB * (numberAfter(read(`/proc/${pid}/status`), "VmHWM:") ?? 0),
  };
}

/** Processor seconds of the whole machine since it started. */
export interface MachineUse {
  readonly busySeconds: number;
  readonly softirqSeconds: number;
  /** Given to others by the hypervisor. */
  readonly stolenSeconds: number;
}

export function machineUse(): MachineUse {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    read("/proc/stat").split("\n")[0]?.split(/ +/).slice(1).map(Number) ?? [];
  return {
    busySeconds: (user + nice + system + irq + softirq) / TICKS_PER_SECOND,
    softirqSeconds: softirq / TICKS_PER_SECOND,
    stolenSeconds: steal / TICKS_PER_SECOND,
  };
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
  return text === "" ? [] : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function numberAfter(text: string, name: string): number | null {
  const at = text.indexOf(name);
  return at < 0 ? null : Number.parseInt(text.slice(at + name.length), 10);
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
