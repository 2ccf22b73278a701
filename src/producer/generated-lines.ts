import { setImmediate as nextIteration } from "node:timers/promises";
import { OperationalError } from "../core/errors.ts";
import { PACE_MS, SENDS_PER_ITERATION } from "../core/tuning.ts";
import { orList } from "../core/word-list.ts";
import { namesWhere } from "../transports/registry.ts";
import { LineBatch, monotonicNs } from "./line-batch.ts";
import { alphabetMessage, LineEncoder } from "./line-encoder.ts";
import type { Outlet } from "./outlet.ts";
import { Schedule } from "./schedule.ts";

/** `max` is as fast as lines can be sent. */
export type Pace = { readonly intervalMs: number } | { readonly linesPerSecond: number } | "max";

export interface GeneratedLines {
  readonly producer: string;
  /** The name of this run, see newRunName(). */
  readonly run: string;
  readonly plain: boolean;
  readonly messageBytes: number;
  readonly pace: Pace;
  /** Ends after this many lines, or after this time; Infinity means without limit. */
  readonly linesMax: number;
  readonly durationMs: number;
  /** Most lines, and most bytes unless a single line is longer, of one send. */
  readonly batchLinesMax: number;
  readonly batchBytesMax: number;
}

/** When lines are due: by the end of tick n, which is at `startedAtNs` + n × `intervalMs`, (n + 1) × `linesPerTick` lines. */
export interface Timetable {
  /** CLOCK_MONOTONIC, ns. */
  readonly startedAtNs: number;
  readonly intervalMs: number;
  readonly linesPerTick: number;
}

type Ticks = Omit<Timetable, "startedAtNs">;

/** Generates lines and ships them until all are shipped or `stop` aborts. */
export class LineGenerator {
  readonly #lines: GeneratedLines;
  readonly #batch: LineBatch;
  #seq = 0;
  #timetable: Timetable | undefined;

  /** @throws OperationalError LINE_TOO_LONG when its lines would be longer than `lineBytesMax`, LF included */
  constructor(lines: GeneratedLines, transport: string, lineBytesMax: number) {
    this.#lines = lines;
    const encoder = new LineEncoder({ ...lines, message: alphabetMessage(lines.messageBytes) });
    const lastSeq = Number.isFinite(lines.linesMax) ? Math.max(0, lines.linesMax - 1) : 0;
    const lineBytes = Buffer.byteLength(encoder.encode(Math.floor(Date.now() / 1000), lastSeq, monotonicNs()));
    if (lineBytes > lineBytesMax) {
      throw lineTooLong({ bytes: lineBytes, transport, bytesMax: lineBytesMax, messageBytes: lines.messageBytes });
    }
    const linesMax = Math.min(lines.batchLinesMax, Math.floor(lines.batchBytesMax / lineBytes));
    this.#batch = new LineBatch(encoder, Math.max(1, linesMax));
  }

  /** Undefined before run(), and for lines that are due as soon as they can be sent. */
  get timetable(): Timetable | undefined {
    return this.#timetable;
  }

  run(outlet: Outlet, stop: AbortSignal): Promise<void> {
    const { pace } = this.#lines;
    if (pace === "max") return this.#flood(outlet, stop);
    if ("intervalMs" in pace) return this.#paced(outlet, stop, { intervalMs: pace.intervalMs, linesPerTick: 1 });
    // Infrequent lines are sent one at a time; frequent ones in groups, one group per PACE_MS.
    const intervalMs = Math.max(PACE_MS, 1000 / pace.linesPerSecond);
    return this.#paced(outlet, stop, { intervalMs, linesPerTick: (intervalMs * pace.linesPerSecond) / 1000 });
  }

  async #flood(outlet: Outlet, stop: AbortSignal): Promise<void> {
    const { linesMax, durationMs } = this.#lines;
    const endMs = performance.now() + durationMs;
    for (let sends = 1; this.#seq < linesMax && performance.now() < endMs && !stop.aborted; sends++) {
      const block = this.#batch.fill(this.#seq, linesMax - this.#seq);
      this.#seq += this.#batch.count;
      const backpressure = outlet.ship(block, this.#batch.count);
      if (backpressure !== undefined) await backpressure;
      else if (sends % SENDS_PER_ITERATION === 0) await nextIteration();
    }
  }

  async #paced(outlet: Outlet, stop: AbortSignal, { intervalMs, linesPerTick }: Ticks): Promise<void> {
    const { linesMax, durationMs } = this.#lines;
    const ticksMax = Math.ceil(durationMs / intervalMs);
    const schedule = new Schedule(intervalMs, stop);
    this.#timetable = { startedAtNs: schedule.startedAtNs, intervalMs, linesPerTick };
    for (let tick = 0; this.#seq < linesMax && tick < ticksMax; tick++) {
      if (tick > 0) await schedule.wait(tick);
      if (stop.aborted) return;
      if (schedule.isLate(tick)) outlet.tally.late++;
      await this.#shipUpTo(Math.min(linesMax, linesDue(tick, linesPerTick)), outlet, stop);
    }
  }

  /** Ships until `seq` lines have been shipped. */
  async #shipUpTo(seq: number, outlet: Outlet, stop: AbortSignal): Promise<void> {
    while (this.#seq < seq && !stop.aborted) {
      const block = this.#batch.fill(this.#seq, seq - this.#seq);
      this.#seq += this.#batch.count;
      await outlet.ship(block, this.#batch.count);
    }
  }
}

/** Lines that should have been sent by the end of tick n. The product is rounded up where it is almost whole. */
function linesDue(tick: number, linesPerTick: number): number {
  return Math.floor((tick + 1) * linesPerTick + 1e-6);
}

interface LongLine {
  readonly bytes: number;
  readonly transport: string;
  readonly bytesMax: number;
  readonly messageBytes: number;
}

function lineTooLong({ bytes, transport, bytesMax, messageBytes }: LongLine): OperationalError {
  const most = Math.max(0, messageBytes - (bytes - bytesMax));
  const others = orList(namesWhere(({ traits }) => traits.atomicBytesMax === Number.POSITIVE_INFINITY));
  return new OperationalError(
    "LINE_TOO_LONG",
    `a line of ${bytes} bytes is longer than ${transport} takes (${bytesMax} with its LF); ` +
      `use a message of at most ${most} bytes, or ${others}`,
  );
}
