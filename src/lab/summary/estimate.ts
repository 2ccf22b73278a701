import type { Estimate } from "../../report/reading.ts";
import { summarize } from "../statistics/summary.ts";

/** The repeats' median and interval. A single repeat has none: both ends are its value. @param values at least one */
export function estimateOf(values: readonly number[], by: string): Estimate {
  const [first = Number.NaN] = values;
  const isSame = values.every((value) => value === first);
  const { median, interval } = isSame ? { median: first, interval: null } : summarize(values);
  const [low, high] = interval ?? [median, median];
  return { median, low, high, runs: values.length, by };
}
