import { uniform } from "./random.ts";

/** The middle of the values, NaN without values. */
export function median(values: readonly number[]): number {
  return medianOfSorted(values.toSorted((a, b) => a - b));
}

/** One figure over the repeats of a cell. */
export interface Summary {
  readonly median: number;
  /** The 95 % interval of the median; null with a single repeat, of which nothing is known about the next. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly repeats: number;
}

/** Enough for the ends of the interval to vary by less than its width's tenth. */
const RESAMPLES = 1000;
const SEED = 20_261_126;

/**
 * The bootstrap's interval is too narrow for few values: of three, it ends at the lowest and the highest, between which the true
 * median lies in 75 % of all cases only. So its half width is multiplied by what makes it cover 95 % of simulated normal
 * samples, a little more because flat distributions need more; by number of values.
 */
const WIDENED: Readonly<Record<number, number>> = { 2: 14, 3: 3, 4: 1.7 };
const WIDENED_OTHERWISE = 1.25;

/**
 * The median of non-negative figures and its bootstrap 95 % interval. The same figures have the same interval.
 *
 * @param values at least one
 */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = medianOfSorted(sorted);
  const repeats = sorted.length;
  if (repeats < 2) return { median: middle, interval: null, repeats };
  const [low, high] = bootstrapped(sorted);
  const half = ((high - low) / 2) * (WIDENED[repeats] ?? WIDENED_OTHERWISE);
  return { median: middle, interval: [Math.max(0, middle - half), middle + half], repeats };
}

/** Whether the difference of two figures is within what repeats differ by: their intervals overlap, or one has none. */
export function isTie(one: Summary, other: Summary): boolean {
  if (one.interval === null || other.interval === null) return true;
  return one.interval[0] <= other.interval[1] && other.interval[0] <= one.interval[1];
}

/** The range in which 95 % of the medians of resamples lie. */
function bootstrapped(sorted: readonly number[]): readonly [low: number, high: number] {
  const random = uniform(SEED);
  const medians = Array.from({ length: RESAMPLES }, () => {
    const resample = sorted.map(() => sorted[Math.floor(random() * sorted.length)] ?? Number.NaN);
    return medianOfSorted(resample.sort((a, b) => a - b));
  });
  medians.sort((a, b) => a - b);
  return [medians[Math.floor(0.025 * RESAMPLES)] ?? 0, medians[Math.ceil(0.975 * RESAMPLES) - 1] ?? 0];
}

function medianOfSorted(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
