import type { PlannedCell } from "../results/run-line.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { expectedSeconds } from "./plan.ts";

/** A cell that takes so much longer than expected hangs. Ten times as much is a very slow machine. */
const SECONDS_MAX = { atLeast: 30, timesExpected: 10 };

/** When a cell is ended, in whole ms. */
export function cellMsMax(cell: PlannedCell, scenario: Scenario): number {
  return Math.ceil(1000 * (SECONDS_MAX.atLeast + SECONDS_MAX.timesExpected * expectedSeconds(cell, scenario)));
}

/** How long the cells of a run take: as expected, corrected by how much longer or shorter those so far took. */
export class Pace {
  readonly #scenarios: readonly Scenario[];
  #expected = 0;
  #taken = 0;

  constructor(scenarios: readonly Scenario[]) {
    this.#scenarios = scenarios;
  }

  /** Seconds that these cells will take. */
  secondsFor(cells: readonly PlannedCell[]): number {
    const expected = cells.reduce((sum, cell) => sum + this.#expectedOf(cell), 0);
    return this.#expected > 0 ? (expected * this.#taken) / this.#expected : expected;
  }

  /** Notes how long a cell took, in seconds. */
  took(cell: PlannedCell, seconds: number): void {
    this.#expected += this.#expectedOf(cell);
    this.#taken += seconds;
  }

  #expectedOf(cell: PlannedCell): number {
    const scenario = this.#scenarios.find(({ name }) => name === cell.scenario);
    return scenario === undefined ? 0 : expectedSeconds(cell, scenario);
  }
}
