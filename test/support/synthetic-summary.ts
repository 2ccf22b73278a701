import { summarize } from "../../src/lab/summary/summarize.ts";
import type { CellSummary, ReadingName, Summary } from "../../src/report/summary.ts";
import { type SyntheticOptions, syntheticResults } from "./synthetic-results.ts";

/** What reports are made from, of invented results. */
export function syntheticSummary(options: SyntheticOptions = {}): Summary {
  return summarize({ ...syntheticResults(options), failed: [] }, "/nonexistent");
}

/** The summary with some readings of some cells replaced: these values in five repeats, within 1 %. */
export function withReadings(
  summary: Summary,
  isMeant: (cell: CellSummary) => boolean,
  values: Partial<Record<ReadingName, number>>,
): Summary {
  const estimates = Object.entries(values).map(([name, median]) => [
    name,
    { median, low: 0.99 * median, high: 1.01 * median, runs: 5, by: "lab" },
  ]);
  const cells = summary.cells.map((cell) =>
    isMeant(cell) ? { ...cell, readings: { ...cell.readings, ...Object.fromEntries(estimates) } } : cell,
  );
  return { ...summary, cells };
}
