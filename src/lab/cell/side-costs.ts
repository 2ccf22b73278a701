import type { Collected } from "../collectors/collector.ts";
import type { SideCosts } from "../results/cell-line.ts";
import { unmeasured } from "../results/measured.ts";

/** Why a figure is missing that no collector of this cell gave, by figure; `otherwise` for those that a tracer gives. */
export type Blanks = Readonly<Record<"cycles" | "tracer", string>>;

const NAMES: Readonly<Record<keyof SideCosts, keyof Blanks>> = {
  cpuUserSeconds: "tracer",
  cpuSystemSeconds: "tracer",
  softirqSeconds: "tracer",
  voluntarySwitches: "tracer",
  involuntarySwitches: "tracer",
  wakeups: "tracer",
  writtenBytes: "tracer",
  readBytes: "tracer",
  systemCalls: "tracer",
  systemCallNs: "tracer",
  allSystemCalls: "tracer",
  cycles: "cycles",
  cacheMisses: "cycles",
  peakRssBytes: "tracer",
};

/** One side's costs from what the collectors know: a later one's figure counts, unless it is blank. */
export function sideCosts(side: "sender" | "aggregator", collected: readonly Collected[], blanks: Blanks): SideCosts {
  const entries = Object.entries(NAMES).map(([name, kind]) => {
    const figures = collected.flatMap((one) => one[side]?.[name as keyof SideCosts] ?? []);
    const figure = figures.findLast(({ value }) => value !== null) ?? figures.at(-1) ?? unmeasured(blanks[kind]);
    return [name, figure];
  });
  return Object.fromEntries(entries);
}
