import { setTimeout as pause } from "node:timers/promises";
import type { Disturbance } from "../scenarios/scenario.ts";
import type { Programs } from "./programs.ts";

/** When a disturbance began to end, and from when on a stored line shows that it is over; CLOCK_MONOTONIC in ns. */
export interface Disturbed {
  readonly fromNs: number;
  readonly overNs: number;
}

/** Does to the aggregator what the scenario says. */
export async function disturb(programs: Programs, disturbance: Disturbance): Promise<Disturbed> {
  await pause(disturbance.afterMs);
  if (disturbance.kind === "stall") {
    programs.aggregator.kill("SIGSTOP");
    await pause(disturbance.forMs);
    const fromNs = Number(process.hrtime.bigint());
    programs.aggregator.kill("SIGCONT");
    return { fromNs, overNs: fromNs };
  }
  const fromNs = Number(process.hrtime.bigint());
  programs.aggregator.kill("SIGKILL");
  await programs.aggregator.ended;
  const overNs = Number(process.hrtime.bigint());
  await programs.startAggregator();
  return { fromNs, overNs };
}
