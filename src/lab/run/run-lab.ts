import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperationalError } from "../../core/errors.ts";
import { pendingSignals } from "../../os/pending-signals.ts";
import type { Blanks } from "../cell/side-costs.ts";
import type { Collector } from "../collectors/collector.ts";
import { NODE_PROGRAMS, PRODUCER_OPTIONS, type ProgramSet } from "../implementations/program-set.ts";
import type { CellLine } from "../results/cell-line.ts";
import { hasRun, RESULTS_NAME, ResultsWriter, readResults } from "../results/results-file.ts";
import { makeResultsFolder } from "../results/results-folder.ts";
import { type Implementation, type PlannedCell, RESULTS_SCHEMA, type RunLine } from "../results/run-line.ts";
import { differenceOf, readEnvironment } from "./environment.ts";
import { Measurement, warmUp } from "./measurement.ts";
import { Pace } from "./pace.ts";
import type { Plan } from "./plan.ts";
import { Tracers } from "./tracers.ts";

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
  readonly blanks: (cell: PlannedCell, hasTwin: boolean) => Blanks;
  /** The programs of each implementation in the plan. */
  readonly programs: Readonly<Partial<Record<Implementation, ProgramSet>>>;
  readonly events: LabEvents;
  readonly stop: AbortSignal;
  /** No cell is begun that would not be measured within so many seconds; null without a limit. */
  readonly secondsMax: number | null;
}

/**
 * Measures every cell of the plan that the folder's results.jsonl doesn't have yet. Each result is appended at once, so a run that was
 * interrupted, even by SIGKILL, is continued with the same set of cells.
 *
 * @returns how many cells could not be measured
 * @throws OperationalError USAGE when the folder has the results of a run with other options or programs, or on another machine
 */
export async function runLab(lab: LabOptions): Promise<number> {
  const startedMs = performance.now();
  makeResultsFolder(lab.directory);
  const path = join(lab.directory, RESULTS_NAME);
  const { run, done } = openRun(path, lab);
  // Ctrl-C ends the programs, too, that the environment and the plan were read from.
  await pendingSignals();
  if (lab.stop.aborted) return 0;
  const writer = new ResultsWriter(path);
  // A run that was killed has left its folder.
  const folder = join(tmpdir(), `ipc-lab-${run.run}`);
  rmSync(folder, { recursive: true, force: true });
  try {
    if (done === undefined) writer.append(run);
    const pending = run.plan.filter(({ id }) => done?.has(id) !== true);
    lab.events.begun(run, pending);
    if (pending[0] !== undefined) {
      lab.events.warmingUp();
      await warmUp(pending[0], lab, join(folder, "warm-up"));
    }
    await using tracers = new Tracers();
    const collectors = lab.collectors.map((collector) => tracers.keeping(collector));
    return await measureAll(pending, { ...lab, collectors, tracers, writer, folder, startedMs });
  } finally {
    writer.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Course extends LabOptions {
  readonly tracers: Tracers;
  readonly writer: ResultsWriter;
  /** For the cells' folders. */
  readonly folder: string;
  readonly startedMs: number;
}

/**
 * Measures one cell after the other. While one cell's programs end and its file is read, the next one's programs start; nothing of
 * that happens while lines are due.
 *
 * @returns how many cells could not be measured
 */
async function measureAll(cells: readonly PlannedCell[], course: Course): Promise<number> {
  const { secondsMax, startedMs, stop, folder, events, tracers, plan } = course;
  const pace = new Pace(plan.scenarios);
  const left: PlannedCell[] = [];
  let recording = Promise.resolve(0);
  let failures = 0;
  let cellMs = performance.now();
  for (const [at, cell] of cells.entries()) {
    if (stop.aborted) break;
    const seconds = (performance.now() - startedMs) / 1000;
    if (secondsMax !== null && seconds + pace.secondsFor([cell]) > secondsMax) {
      left.push(cell);
      continue;
    }
    const measurement = new Measurement(cell, course, join(folder, String(at)));
    failures += await recording;
    await tracers.releaseOthers(measurement.collectors);
    events.cellBegun(cell);
    await measurement.observe();
    recording = record(measurement, course);
    pace.took(cell, (performance.now() - cellMs) / 1000);
    cellMs = performance.now();
  }
  failures += await recording;
  if (left.length > 0) giveUp(left, course);
  return failures;
}

/** Appends a cell's result. @returns 1 if it could not be measured */
async function record(measurement: Measurement, { writer, events }: Course): Promise<0 | 1> {
  const line = await measurement.result();
  if (line === undefined) return 0;
  writer.append(line);
  if (line.kind === "cell") events.cellMeasured(line);
  if (line.kind !== "failed") return 0;
  events.cellFailed(measurement.cell, line.why);
  return 1;
}

/** Says of cells why they are not measured. They are when the run is continued. */
function giveUp(cells: readonly PlannedCell[], { writer, secondsMax, events }: Course): void {
  const why = `no time was left within ${secondsMax} s; the same command measures it`;
  for (const { id } of cells) writer.append({ kind: "failed", id, why });
  events.outOfTime(cells.length);
}

/** The run to continue and its cells, or a new one. */
function openRun(path: string, lab: LabOptions): { run: RunLine; done: ReadonlySet<string> | undefined } {
  const environment = readEnvironment();
  if (hasRun(path)) {
    const { run, cells } = readResults(path);
    if (JSON.stringify(run.options) !== JSON.stringify(lab.options)) {
      const remedy = "pass the same options to continue it, or another --out";
      throw new OperationalError("USAGE", `${path} is of a run with other options; ${remedy}`);
    }
    const difference = differenceOf(run.environment, environment);
    if (difference !== undefined) {
      const fact = `${path} is of a run on another machine or with other programs (${difference})`;
      throw new OperationalError("USAGE", `${fact}; figures of both don't belong together, so pass another --out`);
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
    configuration: {
      aggregator: NODE_PROGRAMS.aggregatorOptions,
      producer: [...PRODUCER_OPTIONS, ...NODE_PROGRAMS.producerOptions],
    },
    environment,
  };
  return { run, done: undefined };
}
