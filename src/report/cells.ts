import type { TransportName } from "../core/transport-name.ts";
import { type Blank, isBlank, isEstimate } from "./reading.ts";
import type { CellSummary, ReadingName, Summary } from "./summary.ts";

/** Lines per second of the load that most figures and the first table are about, where it was measured. */
const MAIN_RATE = 10_000;

/** This project's cells of a scenario, in the order of the transports. The Go program's cells stand in tables of their own. */
export function cellsOf(summary: Summary, scenario: string, variant?: string): CellSummary[] {
  return summary.transports.flatMap(({ name }) =>
    summary.cells.filter(
      (cell) =>
        cell.scenario === scenario &&
        cell.transport === name &&
        cell.implementation === "node" &&
        (variant === undefined || cell.variant === variant),
    ),
  );
}

/** The offered rates of `paced`, ascending, lines/s. */
export function pacedRates(summary: Summary): number[] {
  const rates = cellsOf(summary, "paced").flatMap(({ load }) =>
    typeof load.linesPerSecond === "number" ? [load.linesPerSecond] : [],
  );
  return [...new Set(rates)].sort((a, b) => a - b);
}

export function pacedCells(summary: Summary, rate: number): CellSummary[] {
  return cellsOf(summary, "paced").filter(({ load }) => load.linesPerSecond === rate);
}

/** The rate of the first table: 10,000 lines/s, or the one measured that is nearest above, or the highest; undefined without any. */
export function mainRate(summary: Summary): number | undefined {
  const rates = pacedRates(summary);
  return rates.find((rate) => rate >= MAIN_RATE) ?? rates.at(-1);
}

/** The cells of the first table, one per transport. */
export function mainCells(summary: Summary): CellSummary[] {
  const rate = mainRate(summary);
  return rate === undefined ? [] : pacedCells(summary, rate);
}

export function cellAt(cells: readonly CellSummary[], transport: TransportName): CellSummary | undefined {
  return cells.find((cell) => cell.transport === transport);
}

/** The medians of a reading, of those cells that have it. */
export function medians(cells: readonly CellSummary[], name: ReadingName): number[] {
  return cells.flatMap(({ readings }) => {
    const reading = readings[name];
    return isEstimate(reading) ? [reading.median] : [];
  });
}

/** Why there is nothing to show of a scenario. */
export function whyMissing(summary: Summary, scenario: string): string {
  const missing = summary.missing.find(({ cell }) => cell.split(/[ /]/)[0] === scenario);
  return missing?.why ?? `the run has no cell of ${scenario}`;
}

/** The cells of one load that have something, and the reasons of those that have not. */
export interface CellsWith<Value> {
  readonly found: readonly { readonly cell: CellSummary; readonly value: Value }[];
  /** The first reason, where nothing is found. */
  readonly why: string;
}

/** The cells of the first load of which some have a value: of the main rate, of the reference, or of any other. */
export function cellsWith<Value extends object>(
  summary: Summary,
  read: (cell: CellSummary) => Value | Blank,
): CellsWith<Value> {
  const loads = new Set(cellsInOrder(summary).map(({ scenario, variant }) => `${scenario}/${variant}`));
  let why = "the run has no cells";
  for (const load of loads) {
    const cells = cellsInOrder(summary).filter(({ scenario, variant }) => `${scenario}/${variant}` === load);
    const values = cells.map((cell) => ({ cell, value: read(cell) }));
    const found = values.flatMap(({ cell, value }) => (isBlank(value) ? [] : [{ cell, value }]));
    if (found.length > 0) return { found, why: "" };
    // The reference is the load that is traced: its reason is the one that counts.
    const reason = values.map(({ value }) => value).find(isBlank)?.why;
    if (reason !== undefined && (load.startsWith("reference") || why === "the run has no cells")) why = reason;
  }
  return { found: [], why };
}

function cellsInOrder(summary: Summary): CellSummary[] {
  const names = [...new Set(summary.cells.map(({ scenario }) => scenario))];
  const all = names.flatMap((name) => cellsOf(summary, name));
  return [...new Set([...mainCells(summary), ...cellsOf(summary, "reference"), ...all])];
}
