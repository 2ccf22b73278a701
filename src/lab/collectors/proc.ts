import { type MachineUse, machineUse, type ProcessUse, treeUses } from "../../os/process-tree.ts";
import { REGISTRY } from "../../transports/registry.ts";
import type { SideCosts } from "../results/cell-line.ts";
import { type Measured, measured, unmeasured } from "../results/measured.ts";
import type { CellPlace, Collected, Collection, Collector, Subjects } from "./collector.ts";
import { KernelCounters } from "./kernel-counters.ts";
import { QueueWatch } from "./queue-watch.ts";

/**
 * Reads /proc before the first line and after the last one, and looks at the queues in between. It costs the programs nothing, so every
 * cell has it.
 */
export const PROC: Collector = {
  name: "proc",
  isTracer: false,
  unavailable: async () => undefined,
  start: async (place) => new ProcCollection(place),
};

interface Reading {
  readonly processes: ReadonlyMap<number, ProcessUse>;
  readonly machine: MachineUse;
  readonly ownSeconds: number;
}

class ProcCollection implements Collection {
  readonly #place: CellPlace;
  readonly #queue: QueueWatch;
  readonly #counters: KernelCounters;
  #before: Reading | undefined;
  #after: Reading | undefined;
  #subjects: Subjects = { senders: [], aggregator: 0, address: "" };

  constructor(place: CellPlace) {
    this.#place = place;
    this.#queue = new QueueWatch(place);
    this.#counters = new KernelCounters(place);
  }

  async begin(subjects: Subjects): Promise<void> {
    this.#before = read(subjects);
    this.#counters.begin();
    this.#queue.begin(subjects);
  }

  async end(subjects: Subjects): Promise<void> {
    this.#queue.end();
    this.#counters.end();
    this.#after = read(subjects);
    this.#subjects = subjects;
  }

  async result(): Promise<Collected> {
    const [before, after] = [this.#before, this.#after];
    if (before === undefined || after === undefined) return {};
    const { senders, aggregator } = this.#subjects;
    const difference = { before, after };
    const isMessage = REGISTRY[this.#place.transport].traits.boundary === "message";
    const uncounted = unmeasured("/proc counts the bytes of read and write, not of sendmmsg and recvmmsg");
    const sender = costsOf(senders, difference);
    const reader = costsOf([aggregator], difference);
    return {
      sender: isMessage ? { ...sender, writtenBytes: uncounted } : sender,
      aggregator: isMessage ? { ...reader, readBytes: uncounted } : reader,
      machine: machineOf(difference, [...senders, aggregator]),
      kernel: { ...this.#counters.kernel(), ...this.#queue.kernel() },
      queueBytesMax: this.#queue.bytesMax,
    };
  }

  async close(): Promise<void> {
    this.#queue.end();
  }
}

interface Difference {
  readonly before: Reading;
  readonly after: Reading;
}

function read({ senders, aggregator }: Subjects): Reading {
  const { user, system } = process.cpuUsage();
  return { processes: treeUses([...senders, aggregator]), machine: machineUse(), ownSeconds: (user + system) / 1e6 };
}

type Amount = (use: ProcessUse) => number | null;

/** What these processes used in between; null if one can't be read. A process that was not there before counts from its start. */
function total(pids: readonly number[], { before, after }: Difference, amount: Amount): number | null {
  let sum = 0;
  for (const pid of pids) {
    const now = after.processes.get(pid);
    const then = before.processes.get(pid);
    const value = now === undefined ? null : amount(now);
    const base = then === undefined ? 0 : amount(then);
    if (value === null || base === null) return null;
    sum += value - base;
  }
  return sum;
}

function costsOf(pids: readonly number[], difference: Difference): Partial<SideCosts> {
  const figure = (amount: Amount): Measured<number> => {
    const value = total(pids, difference, amount);
    return value === null ? unmeasured("a process ended before /proc was read") : measured("proc", value);
  };
  return {
    ...cpuOf(pids, difference),
    voluntarySwitches: figure((use) => use.voluntarySwitches),
    involuntarySwitches: figure((use) => use.involuntarySwitches),
    readBytes: figure((use) => use.readBytes),
    writtenBytes: figure((use) => use.writtenBytes),
    peakRssBytes: measured("proc", peakOf(pids, difference.after)),
  };
}

/** The scheduler counts ns; how much of it was in the kernel, is known in ticks of 10 ms. */
function cpuOf(
  pids: readonly number[],
  difference: Difference,
): Pick<SideCosts, "cpuUserSeconds" | "cpuSystemSeconds"> {
  const all = total(pids, difference, (use) => use.cpuSeconds);
  const user = total(pids, difference, (use) => use.userSeconds);
  const system = total(pids, difference, (use) => use.systemSeconds);
  if (all === null || user === null || system === null || user + system === 0) {
    const why =
      all === null
        ? "a process ended before /proc was read"
        : "less processor time than the kernel's clock counts (10 ms)";
    return { cpuUserSeconds: unmeasured(why), cpuSystemSeconds: unmeasured(why) };
  }
  const share = user / (user + system);
  return { cpuUserSeconds: measured("proc", all * share), cpuSystemSeconds: measured("proc", all * (1 - share)) };
}

function peakOf(pids: readonly number[], { processes }: Reading): number {
  return pids.reduce((sum, pid) => sum + (processes.get(pid)?.peakResidentBytes ?? 0), 0);
}

function machineOf({ before, after }: Difference, pids: readonly number[]): NonNullable<Collected["machine"]> {
  const cpu = total(pids, { before, after }, (use) => use.cpuSeconds) ?? 0;
  const busy = after.machine.busySeconds - before.machine.busySeconds;
  const others = Math.max(0, busy - cpu - (after.ownSeconds - before.ownSeconds));
  return {
    stolenSeconds: measured("proc", after.machine.stolenSeconds - before.machine.stolenSeconds),
    softirqSeconds: measured("proc", after.machine.softirqSeconds - before.machine.softirqSeconds),
    otherSeconds: measured("proc", others),
  };
}
