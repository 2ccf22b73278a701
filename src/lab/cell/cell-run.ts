import { loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import type { ProgramEvent } from "../../os/own-program.ts";
import type { Collected, Collection } from "../collectors/collector.ts";
import type { ProgramSet } from "../implementations/program-set.ts";
import type { PlannedCell } from "../results/run-line.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { type Disturbed, disturb } from "./disturb.ts";
import { FileGrowth } from "./file-growth.ts";
import { beginOffsetMs } from "./load.ts";
import { Programs } from "./programs.ts";

/** What was seen of a cell's lines while they were due. */
interface Course {
  /** ISO 8601. */
  readonly startedAt: string;
  /** Average load over a minute, before the first line. */
  readonly load: number;
  /** The senders' `done` events. */
  readonly done: readonly ProgramEvent[];
  readonly disturbed: Disturbed | undefined;
  /** The senders' pids, in their order. */
  readonly senders: readonly number[];
}

/** What was seen of a cell from the start of its programs to their end. */
export interface Observation extends Course {
  readonly listening: ProgramEvent;
  readonly ledger: ProgramEvent;
  readonly growth: FileGrowth;
  /** Path of the output. */
  readonly output: string;
  readonly collected: readonly Collected[];
}

/** A cell, and where and how it is observed. */
export interface CellSetup {
  readonly cell: PlannedCell;
  readonly scenario: Scenario;
  /** A folder of the cell's own. */
  readonly directory: string;
  readonly programs: ProgramSet;
  /** Ends the programs early, and with them the observation. */
  readonly stop: AbortSignal;
  readonly collections: readonly Collection[];
}

/** The programs of one cell, from their start to their end. */
export class CellRun implements AsyncDisposable {
  readonly #setup: CellSetup;
  readonly #programs: Programs;
  readonly #listening: ProgramEvent;
  readonly #growth: FileGrowth;
  #course: Course | undefined;

  private constructor(setup: CellSetup, programs: Programs, listening: ProgramEvent) {
    this.#setup = setup;
    this.#programs = programs;
    this.#listening = listening;
    this.#growth = new FileGrowth(programs.output);
  }

  /** Starts the programs. Resolves when the first line can be sent. */
  static async start(setup: CellSetup): Promise<CellRun> {
    const { aggregatorOptions, producerOptions } = setup.scenario;
    const { transport, parameters: load } = setup.cell;
    const programs = new Programs({ ...setup, transport, load, aggregatorOptions, producerOptions });
    try {
      const listening = await programs.startAggregator();
      await programs.startSenders();
      return new CellRun(setup, programs, listening);
    } catch (error) {
      await programs[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** From the first line until the last one is stored or lost. */
  async observe(): Promise<void> {
    const { cell, collections, scenario } = this.#setup;
    const programs = this.#programs;
    const before = programs.subjects();
    for (const one of collections) await one.begin(before);
    const [load = 0] = loadavg();
    const startedAt = new Date().toISOString();
    const ended = Promise.all(programs.senders.map((sender) => sender.event("done")));
    ended.catch(() => {}); // one that fails during the disturbance: awaited below
    await begin(programs, beginOffsetMs(cell.parameters));
    const disturbed = scenario.disturbance && (await disturb(programs, scenario.disturbance));
    const done = await ended;
    await untilQuiet(this.#growth);
    // Another aggregator may have taken the first one's place.
    const after = programs.subjects();
    for (const one of collections) await one.end(after);
    this.#course = { startedAt, load, done, disturbed, senders: after.senders };
  }

  /** Ends the programs, after observe(). */
  async end(): Promise<Observation> {
    if (this.#course === undefined) throw new Error("the cell was not observed");
    const ledger = await this.#programs.stop();
    this.#growth.look();
    const collected = await Promise.all(this.#setup.collections.map((one) => one.result()));
    const { output } = this.#programs;
    return { ...this.#course, listening: this.#listening, ledger, growth: this.#growth, output, collected };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#growth.close();
    await this.#programs[Symbol.asyncDispose]();
  }
}

/** Lets the senders begin, each so long after the one before. */
async function begin({ senders }: Programs, offsetMs: number): Promise<void> {
  for (const [index, sender] of senders.entries()) {
    if (index > 0 && offsetMs > 0) await pause(offsetMs);
    sender.write("begin");
  }
}

/** Between two looks, and without growth in so many of them the aggregator has read everything. */
const QUIET_MS = 8;
const QUIET_LOOKS = 3;

async function untilQuiet(growth: FileGrowth): Promise<void> {
  for (let looks = 0, size = -1; looks < QUIET_LOOKS; looks++) {
    growth.look();
    if (growth.size !== size) looks = 0;
    size = growth.size;
    await pause(QUIET_MS);
  }
}
