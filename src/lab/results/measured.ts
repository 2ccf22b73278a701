/** What a figure was measured by. `lab`: the lab itself, from the file, its growth and the programs' events; `ledger`: the aggregator's account. */
export const COLLECTOR_NAMES = ["lab", "ledger", "proc", "strace", "perf", "bpf"] as const;

export type CollectorName = (typeof COLLECTOR_NAMES)[number];

/** A figure and its collector, or null and the reason why there is none. A figure that could not be measured is never 0. */
export type Measured<Value> =
  | { readonly value: Value; readonly by: CollectorName }
  | { readonly value: null; readonly why: string };

export function measured<Value>(by: CollectorName, value: Value): Measured<Value> {
  return { value, by };
}

/** @param why a sentence without its full stop, for people: "perf can't count cycles on this virtual machine" */
export function unmeasured(why: string): Measured<never> {
  return { value: null, why };
}

/** The figure computed from one or several others; null with the reason of the first that is missing. */
export function derived<Value, Result>(
  figures: readonly Measured<Value>[],
  compute: (values: readonly Value[]) => Result,
): Measured<Result> {
  const values: Value[] = [];
  let by: CollectorName = "lab";
  for (const figure of figures) {
    if (figure.value === null) return { value: null, why: (figure as { why: string }).why };
    values.push(figure.value as Value);
    by = (figure as { by: CollectorName }).by;
  }
  return { value: compute(values), by };
}
