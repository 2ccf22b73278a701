import { type CellOptions, type MeasuredCell, measureCell, prepareCell, type ReadyCell } from "../cell/measure-cell.ts";
import type { Collector } from "../collectors/collector.ts";
import type { ResultLine } from "../results/line-checks.ts";
import type { PlannedCell } from "../results/run-line.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { findOnset } from "./bisection.ts";
import { cellMsMax } from "./pace.ts";
import type { LabOptions } from "./run-lab.ts";

/** One cell's measurement. Neither step throws: what went wrong is in the result. */
export class Measurement {
  readonly cell: PlannedCell;
  /** What measures it. */
  readonly collectors: readonly Collector[];
  readonly #stop: AbortSignal;
  readonly #tooLong: AbortSignal;
  readonly #ready: Promise<ReadyCell>;
  #failure: unknown;

  /** Starts the cell's programs. @param directory for the cell, doesn't exist */
  constructor(cell: PlannedCell, lab: LabOptions, directory: string) {
    this.cell = cell;
    this.#stop = lab.stop;
    const options = optionsOf(cell, lab, directory);
    this.#tooLong = AbortSignal.timeout(cellMsMax(cell, options.scenario));
    this.collectors = options.collectors;
    this.#ready = prepare({ ...options, stop: AbortSignal.any([lab.stop, this.#tooLong]) });
    this.#ready.catch(() => {}); // awaited in observe()
  }

  /** From the first line until the last one is stored or lost. Nothing else should run meanwhile. */
  async observe(): Promise<void> {
    try {
      await (await this.#ready).observe();
    } catch (error) {
      this.#failure = error;
    }
  }

  /** Ends the programs. @returns what is to be recorded; undefined when the measurement was stopped */
  async result(): Promise<ResultLine | undefined> {
    const line = await this.#line().catch((error: unknown) => {
      this.#failure = error;
    });
    if (line !== undefined) return line;
    if (this.#stop.aborted) return undefined;
    if (this.#tooLong.aborted) return { kind: "failed", id: this.cell.id, why: "it took far too long" };
    const why = this.#failure instanceof Error ? this.#failure.message : String(this.#failure);
    return { kind: "failed", id: this.cell.id, why };
  }

  async #line(): Promise<ResultLine | undefined> {
    await using ready = await this.#ready;
    return this.#failure === undefined ? (await ready.result()).line : undefined;
  }
}

/**
 * The first start of the programs reads them from the disk and makes their links: a short cell, whose result is dropped.
 *
 * @throws Error when it can't be measured, unless it was stopped
 */
export async function warmUp(cell: PlannedCell, lab: LabOptions, directory: string): Promise<void> {
  const parameters = { ...cell.parameters, senders: 1, linesPerSecond: 1000, seconds: 0.1, linesPerSender: null };
  const { scenario, collectors, ...options } = optionsOf({ ...cell, parameters }, lab, directory);
  const { disturbance, bisection, ...calm } = scenario;
  const still = collectors.filter(({ isTracer }) => !isTracer);
  await measureCell({ ...options, scenario: calm, collectors: still }).catch((error: unknown) => {
    if (!lab.stop.aborted) throw error;
  });
}

/** A rate of a bisection follows from what the one before showed, so nothing of it can be prepared. */
async function prepare(options: CellOptions): Promise<ReadyCell> {
  const { bisection } = options.scenario;
  if (bisection === undefined) return prepareCell(options);
  let found: MeasuredCell | undefined;
  return {
    observe: async () => {
      found = await findOnset(options, bisection);
    },
    result: async () => {
      if (found === undefined) throw new Error("the cell was not observed");
      return found;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

function optionsOf(cell: PlannedCell, lab: LabOptions, directory: string): CellOptions {
  const programs = lab.programs[cell.implementation];
  if (programs === undefined) throw new Error(`the plan has cells in ${cell.implementation}, but no programs`);
  const scenario = lab.plan.scenarios.find(({ name }) => name === cell.scenario);
  if (scenario === undefined) throw new Error(`there is no scenario ${cell.scenario}`);
  return {
    cell,
    scenario,
    collectors: collectorsOf(cell, scenario, lab),
    blanks: lab.blanks(cell, hasTwin(cell, lab)),
    directory,
    programs,
    stop: lab.stop,
  };
}

/** Whether the cell is traced in this run, at least once. */
function hasTwin(cell: PlannedCell, { plan }: LabOptions): boolean {
  const { scenario, variant, transport, implementation } = cell;
  const id = [scenario, variant, transport, implementation, 1, "traced"].join("/");
  return plan.cells.some((one) => one.id === id);
}

function collectorsOf({ traced }: PlannedCell, { isProfiled }: Scenario, lab: LabOptions): readonly Collector[] {
  const still = lab.collectors.filter(({ isTracer }) => !isTracer);
  if (!traced) return still;
  return [...still, ...(isProfiled ? lab.profilers : lab.collectors.filter(({ isTracer }) => isTracer))];
}
