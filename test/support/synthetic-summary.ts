import { summarize } from "../../src/lab/summary/summarize.ts";
import type { Summary } from "../../src/report/summary.ts";
import { type SyntheticOptions, syntheticResults } from "./synthetic-results.ts";

/** What reports are made from, of invented results. */
export function syntheticSummary(options: SyntheticOptions = {}): Summary {
  return summarize({ ...syntheticResults(options), failed: [] }, "/nonexistent");
}
