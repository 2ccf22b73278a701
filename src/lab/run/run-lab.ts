import { randomBytes } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperationalError } from "../../core/errors.ts";
import { type MeasuredCell, measureCell } from "../cell/measure-cell.ts";
import type { Blanks } from "../cell/side-costs.ts";
import type { Collector } from "../collectors/collector.ts";
import type { ProgramSet } from "../implementations/program-set.ts";
import type { CellLine } from "../results/cell-line.ts";
import { RESULTS_NAME, ResultsWriter, readResults } from "../results/results-file.ts";
import { makeResultsFolder } from "../results/results-folder.ts";
import { type Implementation, type PlannedCell, RESULTS_SCHEMA, type RunLine } from "../results/run-line.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { findOnset } from "./bisection.ts";
import { readEnvironment } from "./environment.ts";
import type { Plan } from "./plan.ts";

const RUN_BYTES = 6;

/** Called when something happens in a run. */
export interface LabEvents {
  /** The run begins, or is continued with the cells that are still to be measured. */
  begun(run: RunLine, pending: readonly PlannedCell[]): void;
  warmingUp(): void;
  cellBegun(cell: PlannedCell): void;
  cellMeasured(line: CellLine): void;
  cellFailed(cell: PlannedCell, why: string): void;
  /** So many cells are left, and no time for them. */
  outOfTime(cells: number): void;
}

export interface LabOptions {
  /** The results' folder. */
  readonly directory: string;
  readonly plan: Plan;
  readonly options: RunLine["options"];
  /** Those that every cell has, and those of traced cells. */
  readonly collectors: readonly Collector[];
  /** What takes stacks, in cells of scenarios that are there for it. */
  readonly profilers: readonly Collector[];
  readonly blanks: (cell: PlannedCell) => Blanks;
  /** The programs of each implementation in the plan. */
  readonly programs: Readonly<Partial<Record<Implementation, ProgramSet>>>;
  readonly events: LabEvents;
  readonly stop: AbortSignal;
  /** No cell is begun after so many seconds; null without a limit. */
  readonly secondsMax: number | null;
}

/**
 * Measures every cell of the plan that the folder's results.jsonl doesn't have yet. Each result is appended at once, so a run that was
 * interrupted, even by SIGKILL, is continued with the same set of cells.
 *
 * @returns how many cells could not be measured
 * @throws OperationalError USAGE when the folder has the results of a run with other options
 */
export async function runLab(lab: LabOptions): Promise<number> {
  const startedMs = performance.now();
  makeResultsFolder(lab.directory);
  const path = join(lab.directory, RESULTS_NAME);
  const { run, done } = openRun(path, lab);
  const writer = new ResultsWriter(path);
  try {
    if (done === undefined) writer.append(run);
    const pending = run.plan.filter(({ id }) => done?.has(id) !== true);
    lab.events.begun(run, pending);
    const directory = join(tmpdir(), `ipc-lab-${run.run}`);
    if (pending[0] !== undefined) await warmUp(pending[0], lab, directory);
    let failures = 0;
    for (const [at, cell] of pending.entries()) {
      if (lab.stop.aborted) break;
      if (performance.now() - startedMs > 1000 * (lab.secondsMax ?? Number.POSITIVE_INFINITY)) {
        giveUp(writer, pending.slice(at), lab);
        break;
      }
      if (!(await measureInto(writer, cell, { ...lab, directory }))) failures++;
    }
    return failures;
  } finally {
    writer.close();
  }
}

/** Says of cells why they are not measured. They are when the run is continued. */
function giveUp(writer: ResultsWriter, cells: readonly PlannedCell[], lab: LabOptions): void {
  const why = `no time was left after ${lab.secondsMax} s; the same command measures it`;
  for (const { id } of cells) writer.append({ kind: "failed", id, why });
  lab.events.outOfTime(cells.length);
}

/** The run to continue and its cells, or a new one. */
function openRun(path: string, lab: LabOptions): { run: RunLine; done: ReadonlySet<string> | undefined } {
  if (existsSync(path) && statSync(path).size > 0) {
    const { run, cells } = readResults(path);
    if (JSON.stringify(run.options) !== JSON.stringify(lab.options)) {
      const remedy = "pass the same options to continue it, or another --out";
      throw new OperationalError("USAGE", `${path} is of a run with other options; ${remedy}`);
    }
    return { run, done: new Set(cells.map(({ id }) => id)) };
  }
  const run: RunLine = {
    kind: "run",
    schema: RESULTS_SCHEMA,
    run: randomBytes(RUN_BYTES).toString("hex"),
    startedAt: new Date().toISOString(),
    options: lab.options,
    plan: lab.plan.cells,
    skipped: lab.plan.skipped,
    configuration: { aggregator: [], producer: [] },
    environment: readEnvironment(),
  };
  return { run, done: undefined };
}

/** The first start of the programs reads them from the disk and makes their links; its result is dropped. */
async function warmUp(cell: PlannedCell, lab: LabOptions, directory: string): Promise<void> {
  lab.events.warmingUp();
  const scenario = scenarioOf(cell, lab.plan);
  const parameters = { ...cell.parameters, linesPerSecond: 1000, seconds: 0.2, linesPerSender: null };
  const { disturbance, ...calm } = scenario;
  const collectors = lab.collectors.filter(({ isTracer }) => !isTracer);
  const { stop } = lab;
  const programs = programsOf(cell, lab);
  const place = { directory, stop, programs };
  const warm = { cell: { ...cell, parameters }, scenario: calm, collectors, blanks: lab.blanks(cell), ...place };
  await measureCell(warm).catch(unlessStopped(stop));
}

async function measureInto(writer: ResultsWriter, cell: PlannedCell, lab: LabOptions): Promise<boolean> {
  lab.events.cellBegun(cell);
  try {
    const { line } = await measure(cell, lab);
    writer.append(line);
    lab.events.cellMeasured(line);
    return true;
  } catch (error) {
    if (lab.stop.aborted) return true;
    const why = error instanceof Error ? error.message : String(error);
    writer.append({ kind: "failed", id: cell.id, why });
    lab.events.cellFailed(cell, why);
    return false;
  }
}

function measure(cell: PlannedCell, lab: LabOptions): Promise<MeasuredCell> {
  const scenario = scenarioOf(cell, lab.plan);
  const tracers = scenario.isProfiled ? lab.profilers : lab.collectors.filter(({ isTracer }) => isTracer);
  const collectors = [...lab.collectors.filter(({ isTracer }) => !isTracer), ...(cell.traced ? tracers : [])];
  const { directory, stop } = lab;
  const programs = programsOf(cell, lab);
  const options = { cell, scenario, collectors, blanks: lab.blanks(cell), directory, stop, programs };
  return scenario.bisection === undefined ? measureCell(options) : findOnset(options, scenario.bisection);
}

function programsOf({ implementation }: PlannedCell, { programs }: LabOptions): ProgramSet {
  const found = programs[implementation];
  if (found === undefined) throw new Error(`the plan has cells in ${implementation}, but no programs`);
  return found;
}

function unlessStopped(stop: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!stop.aborted) throw error;
  };
}

function scenarioOf({ scenario }: PlannedCell, { scenarios }: Plan): Scenario {
  const found = scenarios.find(({ name }) => name === scenario);
  if (found === undefined) throw new Error(`there is no scenario ${scenario}`);
  return found;
}
