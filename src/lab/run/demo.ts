import { TRANSPORT_NAMES } from "../../core/transport-name.ts";
import { chooseCollectors } from "../collectors/choice.ts";
import { NODE_PROGRAMS } from "../implementations/program-set.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { planOf } from "./plan.ts";
import { type LabEvents, runLab } from "./run-lab.ts";

/** A slow machine measures fewer repeats, so that the demo with its report takes 30 s there, too. */
const SECONDS_MAX = 24;

export interface DemoOptions {
  /** The results' folder. */
  readonly directory: string;
  readonly scenarios: readonly Scenario[];
  readonly events: LabEvents;
  readonly stop: AbortSignal;
}

/** Measures a few short loads over every transport, without tracing. @returns how many cells could not be measured */
export async function runDemo({ directory, scenarios, events, stop }: DemoOptions): Promise<number> {
  const { collectors, untraceable, blanks } = await chooseCollectors("proc");
  const transports = TRANSPORT_NAMES;
  const plan = planOf({
    ...{ transports, scenarios, untraceable, unprofilable: "stacks are not in the demo" },
    quick: true,
    implementations: ["node"],
    repeats: null,
  });
  const endMs = performance.now() + 1000 * SECONDS_MAX;
  const enough = new AbortController();
  // Every load meets every transport once, whatever time it takes.
  let needed = plan.cells.filter(({ repeat }) => repeat === 1).length;
  const endIfLate = (): void => {
    if (--needed <= 0 && performance.now() > endMs) enough.abort();
  };
  return runLab({
    ...{ directory, plan, collectors, blanks, profilers: [] },
    options: {
      ...{ transports, scenarios: scenarios.map(({ name }) => name), implementations: ["node"], repeats: null },
      ...{ quick: true, collect: "proc", profile: false },
    },
    programs: { node: NODE_PROGRAMS },
    events: {
      ...events,
      cellMeasured: (line) => {
        events.cellMeasured(line);
        endIfLate();
      },
      cellFailed: (cell, why) => {
        events.cellFailed(cell, why);
        endIfLate();
      },
    },
    stop: AbortSignal.any([stop, enough.signal]),
    secondsMax: null,
  });
}
