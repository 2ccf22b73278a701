/** The median of the repeats and its 95 % interval, in the unit that the reading's name says. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Repeats that it comes from. */
  readonly runs: number;
  /** The collector: lab, ledger, proc, strace, perf or bpf. */
  readonly by: string;
}

/** A figure that could not be measured, and why; never a 0. */
export interface Blank {
  readonly median: null;
  readonly why: string;
}

export type Reading = Estimate | Blank;

export function blank(why: string): Blank {
  return { median: null, why };
}

export function isEstimate(reading: Reading | undefined): reading is Estimate {
  return reading !== undefined && reading.median !== null;
}

export function isBlank(value: object): value is Blank {
  return "why" in value;
}

/** Whether two estimates differ by no more than their intervals: the intervals overlap, or one has a single run and so no interval. */
export function isTie(a: Estimate, b: Estimate): boolean {
  return !isBelow(a, b) && !isBelow(b, a);
}

/** Whether `a` is below `b` beyond the intervals. A single run has no interval, so that nothing is beyond it. */
export function isBelow(a: Estimate, b: Estimate): boolean {
  return a.runs > 1 && b.runs > 1 && a.high < b.low;
}
