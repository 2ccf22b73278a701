import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SideCosts } from "../results/cell-line.ts";
import { type Measured, measured, unmeasured } from "../results/measured.ts";
import type { CellPlace, Collected, Collection, Collector, Subjects } from "./collector.ts";

const EVENTS = "cycles,cache-misses";
const NOT_COUNTED = "perf can't count cycles on this machine: it has no counters, as most virtual machines";

/** `perf stat` on both sides' processes: the processor's own counters. */
export const PERF: Collector = {
  name: "perf",
  isTracer: true,
  unavailable: async () => {
    const { error, status, stderr } = spawnSync("perf", ["stat", "-x;", "-e", EVENTS, "true"], { encoding: "utf8" });
    if (error !== undefined) return "perf is not installed; run: apt-get install linux-perf";
    if (status !== 0) return `perf can't count: ${stderr.split("\n")[0]}`;
    return countIn(stderr, "cycles") === undefined ? NOT_COUNTED : undefined;
  },
  start: async (place) => new PerfCollection(place),
};

/** An event's count in what `perf stat -x;` printed: count;unit;event;… */
export function countIn(text: string, event: string): number | undefined {
  const row = text.split("\n").find((line) => line.split(";")[2]?.split(":")[0] === event);
  const count = Number.parseInt(row?.split(";")[0] ?? "", 10);
  return Number.isNaN(count) ? undefined : count;
}

class PerfCollection implements Collection {
  readonly #directory: string;
  readonly #running: ChildProcess[] = [];

  constructor({ directory }: CellPlace) {
    this.#directory = directory;
  }

  async begin({ senders, aggregator }: Subjects): Promise<void> {
    this.#attach("sender", senders);
    this.#attach("aggregator", [aggregator]);
  }

  async end(): Promise<void> {
    await this.close();
  }

  async result(): Promise<Collected> {
    return { sender: this.#costsOf("sender"), aggregator: this.#costsOf("aggregator") };
  }

  async close(): Promise<void> {
    const ended = this.#running.splice(0).map(async (child) => {
      const end = once(child, "close");
      // Upon SIGINT it writes its counts.
      child.kill("SIGINT");
      await end;
    });
    await Promise.all(ended);
  }

  #attach(side: string, pids: readonly number[]): void {
    const words = ["stat", "-x;", "-e", EVENTS, "-p", pids.join(","), "-o", this.#pathOf(side)];
    this.#running.push(spawn("perf", words, { stdio: "ignore" }));
  }

  #costsOf(side: string): Partial<SideCosts> {
    const text = readFileSync(this.#pathOf(side), "utf8");
    const figure = (event: string): Measured<number> => {
      const count = countIn(text, event);
      return count === undefined ? unmeasured(`perf printed no count of ${event}`) : measured("perf", count);
    };
    return { cycles: figure("cycles"), cacheMisses: figure("cache-misses") };
  }

  #pathOf(side: string): string {
    return join(this.#directory, `${side}.perf`);
  }
}
