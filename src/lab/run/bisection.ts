import { type CellOptions, type MeasuredCell, measureCell } from "../cell/measure-cell.ts";
import type { Onset } from "../results/cell-line.ts";
import { measured, unmeasured } from "../results/measured.ts";
import type { Scenario } from "../scenarios/scenario.ts";

type Bisection = NonNullable<Scenario["bisection"]>;

/** One rate: the highest that holds if all lines arrive in time, otherwise too high. */
type Trial = (linesPerSecond: number) => Promise<{ readonly lost: number; readonly late: number }>;

/** Rates are whole thousands: nothing here is more exact. */
const STEP = 1000;

/**
 * Searches the highest rate at which no line is lost or late: first the highest and the lowest, then the middle of what is left, in
 * proportion. What another program does for a moment makes lines late at any rate, so a rate that fails is tried again. The highest
 * isn't: few machines hold it.
 */
export async function bisect({ lowest, highest, steps }: Bisection, trial: Trial): Promise<Onset | undefined> {
  const tried: { linesPerSecond: number; lost: number; late: number }[] = [];
  const holdsOnce = async (linesPerSecond: number): Promise<boolean> => {
    const { lost, late } = await trial(linesPerSecond);
    tried.push({ linesPerSecond, lost, late });
    return lost === 0 && late === 0;
  };
  const holds = async (rate: number): Promise<boolean> => (await holdsOnce(rate)) || (await holdsOnce(rate));
  if (await holdsOnce(highest)) return { linesPerSecond: highest, isLimit: true, tried };
  if (!(await holds(lowest))) return undefined;
  let [held, failed] = [lowest, highest];
  for (let step = 0; step < steps; step++) {
    const middle = STEP * Math.round(Math.sqrt(held * failed) / STEP);
    if (middle <= held || middle >= failed) break;
    if (await holds(middle)) held = middle;
    else failed = middle;
  }
  return { linesPerSecond: held, isLimit: false, tried };
}

/** Measures one cell of loss-onset: its figures are those of the highest rate that held, or of the lowest if none did. */
export async function findOnset(options: CellOptions, bisection: Bisection): Promise<MeasuredCell> {
  const { cell } = options;
  const results = new Map<number, MeasuredCell>();
  const onset = await bisect(bisection, async (linesPerSecond) => {
    const parameters = { ...cell.parameters, linesPerSecond };
    const result = await measureCell({ ...options, cell: { ...cell, parameters } });
    results.set(linesPerSecond, result);
    const { offered, stored } = result.line.counts;
    return { lost: offered - stored, late: result.late };
  });
  const best = results.get(onset?.linesPerSecond ?? bisection.lowest);
  if (best === undefined) throw new Error("no rate was tried");
  const none = unmeasured(`lines are lost or late at ${bisection.lowest} lines/s already`);
  return { ...best, line: { ...best.line, onset: onset === undefined ? none : measured("lab", onset) } };
}
