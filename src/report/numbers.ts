import type { TransportName } from "../core/transport-name.ts";
import { isEstimate, type Reading } from "./reading.ts";

/** One cell of a table: its text, and the value that sorting goes by. */
export interface NumbersCell {
  readonly text: string;
  readonly sort: number | string | null;
  /** Why the cell is blank. */
  readonly why?: string;
}

/** A table of numbers, as the page, the Markdown and the terminal show it. */
export interface NumbersTable {
  readonly caption: string;
  /** The first column names the row; the others are numbers unless their title says otherwise. */
  readonly head: readonly string[];
  readonly rows: readonly {
    readonly transport: TransportName;
    readonly name: string;
    readonly cells: readonly NumbersCell[];
  }[];
  /** Below the table: collectors, and reasons of blanks. */
  readonly notes: readonly string[];
}

/** A reading as a cell: the median and its interval in a format. */
export function readingCell(reading: Reading, format: (value: number) => string): NumbersCell {
  if (!isEstimate(reading)) return { text: "–", sort: null, why: reading.why };
  const { median, low, high, runs } = reading;
  const [from, to] = [format(low), format(high)];
  const interval = runs < 2 || (low === high && from === to) ? "" : ` (${from} to ${to})`;
  return { text: `${format(median)}${interval}`, sort: median };
}

export function textCell(text: string, sort: number | string = text): NumbersCell {
  return { text, sort };
}

/** Who measured it and from how many runs, and the reason of each blank, each once. */
export function notesOf(readings: readonly Reading[]): string[] {
  const found = readings.filter(isEstimate);
  const by = [...new Set(found.map((reading) => reading.by))].sort();
  const runs = [...new Set(found.map((reading) => reading.runs))].sort((a, b) => a - b);
  const reasons = readings.flatMap((reading) => (isEstimate(reading) ? [] : [reading.why]));
  const measured = found.length === 0 ? [] : [`Measured by ${by.join(", ")}; ${runsText(runs)}`];
  return [...measured, ...[...new Set(reasons)].map((why) => `–: ${why}`)];
}

function runsText(runs: readonly number[]): string {
  const most = runs.at(-1) ?? 1;
  if (most === 1) return "one run, so without intervals";
  return `medians of ${runs.filter((count) => count > 1).join(" or ")} runs with their 95 % intervals`;
}
