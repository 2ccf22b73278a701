import { readFileSync } from "node:fs";
import { kill, pid, ppid } from "node:process";
import { AttachedScript } from "../../os/bpftrace.ts";
import { projectFile } from "../../os/project-file.ts";
import { systemCallNames } from "../../os/system-calls.ts";
import { REGISTRY } from "../../transports/registry.ts";
import type { SideCosts } from "../results/cell-line.ts";
import { type Measured, measured, unmeasured } from "../results/measured.ts";
import { parseEvents, type TracedEvents } from "../stages/events.ts";
import { canTrace } from "../trace/capability.ts";
import { parseScriptOutput, type ScriptOutput } from "../trace/script-output.ts";
import type { Attachment, CellPlace, Collected, Collection, Collector, Subjects } from "./collector.ts";

const BPFTRACE = "bpftrace";
const SCRIPT = "bpftrace/lab/lines.bt";

/** Calls that move lines, by what the script calls their kind. */
const KINDS: Readonly<Record<number, readonly string[]>> = {
  1: ["write", "writev", "sendto", "sendmsg", "sendmmsg"],
  2: ["read", "readv", "recvfrom", "recvmsg", "recvmmsg"],
  4: ["fsync", "fdatasync"],
};

/** Calls that return how many bytes they copied, other than those that move messages. */
const WRITES = new Set(["write", "writev", "pwrite64", "pwritev"]);
const READS = new Set(["read", "readv", "pread64", "preadv"]);

/** Our bpftrace script, as root. It counts both sides' system calls, wakeups and softirqs, and follows single lines. */
export const BPF: Collector = {
  name: "bpf",
  isTracer: true,
  unavailable: async () => {
    const verdict = await canTrace(BPFTRACE, [projectFile(SCRIPT)]);
    if (!verdict.able) return verdict.reason;
    if (verdict.tracer.pid !== pid)
      return "in this container bpftrace sees other process ids than the lab; run it on the host";
    return systemCallNames() === undefined ? "the project has no table of this architecture's system calls" : undefined;
  },
  start: async (place) => {
    const attachment = await BpfAttachment.attach();
    const collection = await attachment.start(place);
    return {
      begin: () => collection.begin(),
      end: (subjects) => collection.end(subjects),
      result: () => collection.result(),
      close: () => attachment[Symbol.asyncDispose](),
    };
  },
  attach: () => BpfAttachment.attach(),
};

/** What the script prints after its maps. */
const COUNTED = "Counted.";

/** The script, attached for several cells. */
class BpfAttachment implements Attachment {
  readonly #names: ReadonlyMap<number, string>;
  readonly #script: AttachedScript;

  private constructor(names: ReadonlyMap<number, string>, script: AttachedScript) {
    this.#names = names;
    this.#script = script;
  }

  static async attach(): Promise<BpfAttachment> {
    const names = systemCallNames() ?? new Map<number, string>();
    return new BpfAttachment(names, await AttachedScript.attach(BPFTRACE, scriptText(names)));
  }

  async start(place: CellPlace): Promise<BpfCollection> {
    return new BpfCollection({ place, names: this.#names, script: this.#script });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#script[Symbol.asyncDispose]();
  }
}

/** The script with this process's id, and the numbers of the calls that move lines. */
function scriptText(names: ReadonlyMap<number, string>): string {
  const table = [...names].flatMap(([number, name]) =>
    Object.entries(KINDS).flatMap(([kind, calls]) =>
      calls.includes(name) ? [`@kind[${number}] = (uint64)${kind};`] : [],
    ),
  );
  const script = readFileSync(projectFile(SCRIPT), "utf8");
  return script.replace("/* TABLE */", table.join("\n\t")).replace("pid == $1", `pid == ${pid}`);
}

interface BpfCell {
  readonly place: CellPlace;
  readonly names: ReadonlyMap<number, string>;
  readonly script: AttachedScript;
}

/** The first line comes next; the last one is through; print what was counted. */
const SIGNS = 3;

class BpfCollection implements Collection {
  readonly #cell: BpfCell;
  /** Where the output for this cell begins. */
  readonly #from: { readonly output: number; readonly warnings: number };
  #signs = 0;
  #subjects: Subjects = { senders: [], aggregator: 0, address: "" };

  constructor(cell: BpfCell) {
    this.#cell = cell;
    this.#from = { output: cell.script.output.length, warnings: cell.script.warnings.length };
  }

  async begin(): Promise<void> {
    this.#sign(this.#cell.place.isFollowed ? pid : ppid);
  }

  async end(subjects: Subjects): Promise<void> {
    this.#sign();
    this.#subjects = subjects;
  }

  async result(): Promise<Collected> {
    const { script } = this.#cell;
    const asked = script.output.length;
    // The next cell's script of stacks is attached meanwhile, and knows only signs to this process.
    this.#sign(ppid);
    await script.printed(COUNTED, asked);
    const text = script.output.slice(this.#from.output);
    const { senders, aggregator } = this.#subjects;
    const output = parseScriptOutput(text);
    return {
      sender: this.#costsOf(output, senders, "sender"),
      aggregator: this.#costsOf(output, [aggregator], "aggregator"),
      ...(this.#cell.place.isFollowed && { events: this.#eventsIn(text, aggregator) }),
    };
  }

  #eventsIn(text: string, aggregator: number): Measured<TracedEvents> {
    const warnings = this.#cell.script.warnings.slice(this.#from.warnings);
    const isComplete = !/\bLost \d+ events\b/i.test(text + warnings);
    if (!isComplete) return unmeasured("bpftrace lost events, because more came than it could print");
    return measured("bpf", parseEvents(text, aggregator));
  }

  /** The script waits for the next cell only after all signs of this one. */
  async close(): Promise<void> {
    while (this.#signs > 0 && this.#signs < SIGNS) this.#sign();
  }

  #sign(receiver = pid): void {
    this.#signs++;
    try {
      kill(receiver, 0);
    } catch {
      // The script sees the call, also where that process has ended.
    }
  }

  #costsOf(output: ScriptOutput, pids: readonly number[], side: "sender" | "aggregator"): Partial<SideCosts> {
    const all = [...rowsOf(output, "@calls")].filter(([[process = 0]]) => pids.includes(process));
    const total = (map: string): number =>
      [...rowsOf(output, map)].reduce((sum, [[process = 0], n]) => sum + (pids.includes(process) ? n : 0), 0);
    const named = (map: string): Record<string, number> =>
      this.#byName(
        [...rowsOf(output, map)].flatMap(([[process = 0, id], n]) => (pids.includes(process) ? [[id, n]] : [])),
      );
    return {
      softirqSeconds: measured("bpf", total("@softirq") / 1e9),
      wakeups: measured("bpf", total("@wakeups")),
      systemCalls: measured("bpf", this.#byName(all.flatMap(([[, phase, id], n]) => (phase === 1 ? [[id, n]] : [])))),
      systemCallNs: measured("bpf", named("@ns")),
      allSystemCalls: measured("bpf", this.#byName(all.map(([[, , id], n]) => [id, n]))),
      ...this.#messageBytes(named("@bytes"), total(side === "sender" ? "@sent" : "@received"), side),
    };
  }

  /** Bytes of messages, which /proc doesn't count, and those of the side's other calls. */
  #messageBytes(
    bytes: Readonly<Record<string, number>>,
    messages: number,
    side: "sender" | "aggregator",
  ): Partial<SideCosts> {
    if (REGISTRY[this.#cell.place.transport].traits.boundary === "stream") return {};
    const calls = side === "sender" ? WRITES : READS;
    const others = Object.entries(bytes).reduce((sum, [name, n]) => sum + (calls.has(name) ? n : 0), 0);
    const figure: Measured<number> = measured("bpf", messages + others);
    return side === "sender" ? { writtenBytes: figure } : { readBytes: figure };
  }

  #byName(counts: readonly (readonly (number | undefined)[])[]): Record<string, number> {
    const named: Record<string, number> = {};
    for (const [id = -1, count = 0] of counts) {
      const name = this.#cell.names.get(id) ?? `call ${id}`;
      named[name] = (named[name] ?? 0) + count;
    }
    return named;
  }
}

/** A map's rows: its keys, all numbers, and the value. */
function* rowsOf({ counts }: ScriptOutput, map: string): Generator<[keys: number[], value: number]> {
  for (const [key, value] of counts.get(map) ?? []) yield [key.split(", ").map(Number), value];
}
