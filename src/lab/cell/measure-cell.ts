import { mkdirSync, rmSync } from "node:fs";
import type { ProgramEvent } from "../../os/own-program.ts";
import type { Collection, Collector } from "../collectors/collector.ts";
import type { CellLine } from "../results/cell-line.ts";
import { type Measured, measured, unmeasured } from "../results/measured.ts";
import { canBeFollowed } from "../scenarios/scenario.ts";
import { stagesOf } from "../stages/line-stages.ts";
import { cellCounts } from "./cell-counts.ts";
import { CellRun, type CellSetup, type Observation } from "./cell-run.ts";
import { type ReadBack, readBack } from "./read-back.ts";
import { type Blanks, sideCosts } from "./side-costs.ts";

export interface CellOptions extends Omit<CellSetup, "collections"> {
  readonly collectors: readonly Collector[];
  /** Why figures are missing that no collector gave. */
  readonly blanks: Blanks;
}

/** A measured cell, and how many of its lines were stored late (LATE_MS). */
export interface MeasuredCell {
  readonly line: CellLine;
  readonly late: number;
}

/** A cell that is ready for its first line. Its programs always end, and its folder is always removed. */
export interface ReadyCell extends AsyncDisposable {
  /** From the first line until the last one is stored or lost. Whatever else runs meanwhile disturbs it. */
  observe(): Promise<void>;
  /** Ends the programs and reads what they stored. */
  result(): Promise<MeasuredCell>;
}

/** Starts one cell's collectors and programs in a fresh folder. */
export async function prepareCell({ collectors, blanks, ...cellSetup }: CellOptions): Promise<ReadyCell> {
  const { cell, directory } = cellSetup;
  const collections: Collection[] = [];
  const clear = async (): Promise<void> => {
    await Promise.allSettled(collections.map((collection) => collection.close()));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const isFollowed = canBeFollowed(cell.parameters);
    const place = { id: cell.id, transport: cell.transport, directory, isFollowed };
    for (const { start } of collectors) collections.push(await start(place));
    const setup = { ...cellSetup, collections };
    const run = await CellRun.start(setup);
    return {
      observe: () => run.observe(),
      result: async () => {
        const seen = await run.end();
        const back = await readBack(setup, seen);
        return { line: lineOf(setup, seen, { back, blanks }), late: back.times.late };
      },
      [Symbol.asyncDispose]: async () => {
        await run[Symbol.asyncDispose]();
        await clear();
      },
    };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** Measures one cell from start to end. */
export async function measureCell(options: CellOptions): Promise<MeasuredCell> {
  await using cell = await prepareCell(options);
  await cell.observe();
  return await cell.result();
}

interface Reading {
  readonly back: ReadBack;
  readonly blanks: Blanks;
}

function lineOf({ cell, scenario }: CellSetup, seen: Observation, { back, blanks }: Reading): CellLine {
  const { done, ledger, collected, disturbed } = seen;
  const { times } = back;
  const kernel = Object.assign({}, ...collected.map((one) => one.kernel));
  const isKilled = scenario.disturbance?.kind === "restart";
  const counts = cellCounts({ ...back, done, ledger, isKilled, kernel });
  const seconds = times.seconds || Number.EPSILON;
  const queueBytes = collected.findLast((one) => one.queueBytesMax !== undefined)?.queueBytesMax;
  const missing = unmeasured("no collector of this cell measures it");
  return {
    ...cell,
    kind: "cell",
    startedAt: seen.startedAt,
    seconds,
    counts,
    rates: { linesPerSecond: counts.stored / seconds, bytesPerSecond: seen.growth.size / seconds },
    latency: times.latency(),
    stages: canBeFollowed(cell.parameters)
      ? stages(seen, back, { blanks, isDurable: scenario.aggregatorOptions.includes("ack") })
      : unmeasured("these are more lines than bpftrace can follow one by one"),
    costs: {
      sender: sideCosts("sender", collected, blanks),
      aggregator: sideCosts("aggregator", collected, blanks),
    },
    blockedSeconds: waited(done),
    queue: { ...times.inFlight(), bytesMax: queueBytes ?? missing },
    timeline: times.timeline(),
    ...(disturbed && { recoverySeconds: recovery(back.recoveredNs, disturbed.fromNs) }),
    stacks: stacksOf(seen),
    receiveBufferBytes: Number(seen.listening["receiveBufferBytes"]) || null,
    machine: {
      load: seen.load,
      ...{ stolenSeconds: missing, otherSeconds: missing, softirqSeconds: missing },
      ...Object.assign({}, ...collected.map((one) => one.machine)),
    },
  };
}

interface StageOptions {
  readonly blanks: Blanks;
  readonly isDurable: boolean;
}

function stages(seen: Observation, { followed }: ReadBack, { blanks, isDurable }: StageOptions): CellLine["stages"] {
  const events = seen.collected.findLast((one) => one.events !== undefined)?.events;
  if (events === undefined) return unmeasured(blanks.tracer);
  if (events.value === null) return events;
  const lines = followed.map(({ sender, ...line }) => ({ ...line, pid: seen.senders[sender] ?? 0 }));
  return stagesOf(lines, events.value, isDurable);
}

function stacksOf({ collected }: Observation): CellLine["stacks"] {
  const stacks = collected.findLast((one) => one.stacks !== undefined)?.stacks;
  return stacks ?? unmeasured("stacks are taken with --profile, in cells of their own");
}

function waited(done: readonly ProgramEvent[]): Measured<number> {
  const times = done.map((event) => event["waitedSeconds"]);
  if (!times.every((seconds) => typeof seconds === "number")) return unmeasured("the Go producer doesn't measure it");
  return measured(
    "lab",
    times.reduce((sum, seconds) => sum + seconds, 0),
  );
}

function recovery(recoveredNs: number | undefined, fromNs: number): Measured<number> {
  if (recoveredNs === undefined) return unmeasured("no line was stored after the stop");
  return measured("lab", (recoveredNs - fromNs) / 1e9);
}
