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

/** What was seen of a cell while it ran. */
export interface Observation {
  /** ISO 8601. */
  readonly startedAt: string;
  /** Average load over a minute, before the first line. */
  readonly load: number;
  /** The senders' `done` events. */
  readonly done: readonly ProgramEvent[];
  readonly listening: ProgramEvent;
  readonly ledger: ProgramEvent;
  readonly growth: FileGrowth;
  /** Path of the output. */
  readonly output: string;
  readonly disturbed: Disturbed | undefined;
  readonly collected: readonly Collected[];
  /** The senders' pids, in their order. */
  readonly senders: readonly number[];
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

/** Runs a cell's programs from their start to their end. They always end. */
export async function observeCell({ cell, scenario, ...setup }: CellSetup): Promise<Observation> {
  const { transport, parameters: load } = cell;
  const { aggregatorOptions, producerOptions, disturbance } = scenario;
  const { collections } = setup;
  const options = { ...setup, transport, load, aggregatorOptions, producerOptions };
  await using programs = new Programs(options);
  const listening = await programs.startAggregator();
  await programs.startSenders();
  const growth = new FileGrowth(programs.output);
  try {
    const before = programs.subjects();
    for (const one of collections) await one.begin(before);
    const [averageLoad = 0] = loadavg();
    const startedAt = new Date().toISOString();
    const ended = Promise.all(programs.senders.map((sender) => sender.event("done")));
    ended.catch(() => {}); // one that fails during the disturbance: awaited below
    await begin(programs, beginOffsetMs(load));
    const disturbed = disturbance && (await disturb(programs, disturbance));
    const done = await ended;
    await untilQuiet(growth);
    // Another aggregator may have taken the first one's place.
    const after = programs.subjects();
    for (const one of collections) await one.end(after);
    const ledger = await programs.stop();
    growth.look();
    const collected = await Promise.all(collections.map((one) => one.result()));
    const { output } = programs;
    return {
      startedAt,
      load: averageLoad,
      done,
      listening,
      ledger,
      growth,
      output,
      disturbed,
      collected,
      senders: after.senders,
    };
  } finally {
    growth.close();
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
const QUIET_MS = 15;
const QUIET_LOOKS = 3;

async function untilQuiet(growth: FileGrowth): Promise<void> {
  for (let looks = 0, size = -1; looks < QUIET_LOOKS; looks++) {
    growth.look();
    if (growth.size !== size) looks = 0;
    size = growth.size;
    await pause(QUIET_MS);
  }
}
