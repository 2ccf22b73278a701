import { readFileSync, rmSync } from "node:fs";
import { kill, pid } from "node:process";
import { AttachedScript } from "../../os/bpftrace.ts";
import { projectFile } from "../../os/project-file.ts";
import { parseStacks } from "../profile/bpf-stacks.ts";
import type { Stack } from "../profile/folded.ts";
import { keepStacks } from "../profile/keep-stacks.ts";
import { withFunctionNames } from "../profile/node-options.ts";
import { FileSymbols, ProcessSymbols, perfMapPath } from "../profile/process-symbols.ts";
import { BPF } from "./bpf.ts";
import type { CellPlace, Collected, Collection, Collector, Subjects } from "./collector.ts";

const SCRIPT = "bpftrace/lab/stacks.bt";

/** Both sides' stacks by bpftrace: where they run and where they wait, in the kernel and in the program. */
export function bpfProfiler(folder: string): Collector {
  return {
    name: "bpf",
    isTracer: true,
    unavailable: () => BPF.unavailable(),
    start: async (place) => {
      const script = readFileSync(projectFile(SCRIPT), "utf8").replace("pid == $1", `pid == ${pid}`);
      const options = { hasUserSymbols: false };
      return new BpfProfile(place, folder, await AttachedScript.attach("bpftrace", script, options));
    },
  };
}

class BpfProfile implements Collection {
  readonly #place: CellPlace;
  readonly #folder: string;
  readonly #script: AttachedScript;
  readonly #files = new FileSymbols();
  readonly #symbols = new Map<number, ProcessSymbols>();
  #subjects: Subjects = { senders: [], aggregator: 0, address: "" };

  constructor(place: CellPlace, folder: string, script: AttachedScript) {
    this.#place = place;
    this.#folder = folder;
    this.#script = script;
  }

  wrapper(): readonly string[] {
    return withFunctionNames(this.#place.directory);
  }

  async begin(subjects: Subjects): Promise<void> {
    this.#subjects = subjects;
    // The script takes it as the sign for the first line.
    kill(pid, 0);
  }

  async end(subjects: Subjects): Promise<void> {
    kill(pid, 0);
    this.#subjects = subjects;
    // What is mapped where can only be read while they run.
    for (const one of [...subjects.senders, subjects.aggregator]) {
      this.#symbols.set(one, new ProcessSymbols(one, this.#files));
    }
  }

  async result(): Promise<Collected> {
    const symbolAt = (process: number, address: number): string =>
      this.#symbols.get(process)?.at(address) ?? "[unknown]";
    const { on, off } = parseStacks(await this.#script.stop(), symbolAt);
    const { senders, aggregator } = this.#subjects;
    const of = (stacks: readonly Stack[], pids: readonly number[]): readonly Stack[] =>
      stacks.filter((stack) => pids.includes(stack.pid));
    const stacks = {
      "sender-on-cpu": of(on, senders),
      "sender-off-cpu": of(off, senders),
      "aggregator-on-cpu": of(on, [aggregator]),
      "aggregator-off-cpu": of(off, [aggregator]),
    };
    return { stacks: keepStacks(this.#folder, { id: this.#place.id, by: "bpf" }, stacks) };
  }

  async close(): Promise<void> {
    const { senders, aggregator } = this.#subjects;
    for (const one of [...senders, aggregator]) rmSync(perfMapPath(one), { force: true });
    await this.#script[Symbol.asyncDispose]();
  }
}
