import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isInstalled } from "../../os/machine-facts.ts";
import type { SideCosts } from "../results/cell-line.ts";
import { measured, unmeasured } from "../results/measured.ts";
import type { CellPlace, Collected, Collection, Collector, Subjects } from "./collector.ts";

/** `strace -f -c` around each program: no root, but much slower, and only totals from start to end. */
export const STRACE: Collector = {
  name: "strace",
  isTracer: true,
  unavailable: async () => (isInstalled("strace") ? undefined : "strace is not installed; run: apt-get install strace"),
  start: async (place) => new StraceCollection(place),
};

/** A row of strace's summary: share, seconds, µs per call, calls, errors (may be blank), name. */
const ROW = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/gm;

/** The calls of a summary that `strace -c` wrote. */
export function parseSummary(text: string): Record<string, number> {
  const rows = [...text.matchAll(ROW)].filter(([, , name]) => name !== "total");
  return Object.fromEntries(rows.map(([, calls, name = ""]) => [name, Number(calls)]));
}

class StraceCollection implements Collection {
  readonly #directory: string;
  #senders = 0;

  constructor({ directory }: CellPlace) {
    this.#directory = directory;
  }

  wrapper(side: "sender" | "aggregator", index: number): readonly string[] {
    return ["strace", "-f", "-c", "-o", this.#pathOf(side, index)];
  }

  async begin({ senders }: Subjects): Promise<void> {
    this.#senders = senders.length;
  }

  async end(): Promise<void> {}

  async result(): Promise<Collected> {
    return { sender: this.#costsOf("sender", this.#senders), aggregator: this.#costsOf("aggregator", 1) };
  }

  async close(): Promise<void> {}

  #costsOf(side: "sender" | "aggregator", programs: number): Partial<SideCosts> {
    const total: Record<string, number> = {};
    for (let index = 0; index < programs; index++) {
      const path = this.#pathOf(side, index);
      if (!existsSync(path)) return { allSystemCalls: unmeasured("strace wrote no summary") };
      for (const [name, calls] of Object.entries(parseSummary(readFileSync(path, "utf8")))) {
        total[name] = (total[name] ?? 0) + calls;
      }
    }
    return { allSystemCalls: measured("strace", total) };
  }

  #pathOf(side: string, index: number): string {
    return join(this.#directory, `${side}-${index}.strace`);
  }
}
