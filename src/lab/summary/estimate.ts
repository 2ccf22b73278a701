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

/** The same with the mean in the place of the median: of all repeats together, so that what happened in one of them shows. */
export function totalOf(values: readonly number[], by: string): Estimate {
  const { low, high, ...estimate } = estimateOf(values, by);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { ...estimate, median: mean, low: Math.min(low, mean), high: Math.max(high, mean) };
}
