import type { Blanks } from "../cell/side-costs.ts";
import type { PlannedCell } from "../results/run-line.ts";
import type { Collector } from "./collector.ts";
import { COLLECTORS } from "./collectors.ts";

/** What may trace: `auto` takes the best that this machine has. */
export const COLLECT_WAYS = ["auto", "bpf", "perf", "strace", "proc"] as const;

export type CollectWay = (typeof COLLECT_WAYS)[number];

/** The tracers of `auto`, the best first. */
const TRACERS = ["bpf", "strace"] as const;

export interface Choice {
  readonly collectors: readonly Collector[];
  /** Why no cell is traced; undefined if some are. */
  readonly untraceable: string | undefined;
  /** Whether what traces can keep up with any rate. */
  readonly tracesAnyRate: boolean;
  /** Why figures of a cell are missing; `hasTwin`: the plan has the same cell, traced. */
  readonly blanks: (cell: PlannedCell, hasTwin: boolean) => Blanks;
}

/** Chooses what measures. proc is always there. */
export async function chooseCollectors(way: CollectWay): Promise<Choice> {
  const reasons = new Map<string, string>();
  const usable: Collector[] = [];
  for (const collector of COLLECTORS) {
    const why = isWanted(collector, way)
      ? await collector.unavailable()
      : `--collect ${way} leaves out ${collector.name}`;
    if (why === undefined) usable.push(collector);
    else reasons.set(collector.name, why);
  }
  const tracer = TRACERS.find((name) => usable.some((collector) => collector.name === name));
  const collectors = usable.filter(({ name }) => !TRACERS.some((other) => other === name) || name === tracer);
  const untraceable = collectors.some(({ isTracer }) => isTracer)
    ? undefined
    : (reasons.get("bpf") ?? "nothing traces");
  const blanks = ({ traced }: PlannedCell, hasTwin: boolean): Blanks => {
    const elsewhere = hasTwin ? "measured in the traced twin" : "this load is not traced in this run";
    return {
      tracer: traced ? (reasons.get("bpf") ?? `${tracer} doesn't measure it`) : (untraceable ?? elsewhere),
      cycles: reasons.get("perf") ?? (traced ? "perf printed no count" : elsewhere),
    };
  };
  return { collectors, untraceable, tracesAnyRate: tracer === "bpf", blanks };
}

function isWanted({ name }: Collector, way: CollectWay): boolean {
  return way === "auto" || name === "proc" || name === way || (way === "bpf" && name === "perf");
}
