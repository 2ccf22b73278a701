import { isTransient } from "../core/errors.ts";
import type { Durability } from "../sink/durability.ts";
import type { AggregateReadings } from "./readings.ts";

/** Beside the interval of syncs: far above what a busy disk takes, and as long as alerts are for. */
const WAITING_SECONDS_MAX = 10;

/**
 * Why an aggregator that listens isn't healthy, on one line: the file refuses lines now, or a line has waited for too
 * long to become durable. Undefined while it is healthy.
 */
export function problemOf({ ledger, waitingSeconds }: AggregateReadings, durability: Durability): string | undefined {
  const { stalled } = ledger.output;
  if (stalled !== null && !isTransient(stalled)) return `the output refuses lines (${stalled})`;
  const interval = durability.mode === "interval" ? durability.intervalMs / 1000 : 0;
  if (waitingSeconds <= interval + WAITING_SECONDS_MAX) return undefined;
  return `lines have waited for ${Math.floor(waitingSeconds)} s to be ${durability.mode === "none" ? "written" : "synced"}`;
}
