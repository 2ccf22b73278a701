import { Gate } from "../../core/backpressure.ts";
import { STOP_MS_MAX } from "../../core/limits.ts";
import { SENDS_PER_ITERATION } from "../../core/tuning.ts";
import { countLines } from "../../core/whole-lines.ts";
import type { UnsentClass } from "../../transports/transport.ts";
import { LineQueue } from "../line-queue.ts";
import type { Carrier, CarrierOptions } from "./carrier.ts";
import { LossLine, lossIn } from "./loss-line.ts";

/** How long an exit may take while an aggregator takes lines, but slowly. */
const EXIT_MS_MAX = 10_000;

export interface BoundedOutletOptions {
  readonly queueBytesMax: number;
  readonly carrier: (events: Pick<CarrierOptions, "unsent" | "progress">) => Carrier;
}

/** What became of the lines that an outlet took. */
export interface OutletCounts {
  readonly sent: number;
  readonly waiting: number;
  readonly unsent: Readonly<Record<UnsentClass | "overflow", number>>;
}

/**
 * Queues the lines that the aggregator doesn't take yet. Those that don't fit in the queue are dropped, counted, and
 * reported in a line of its own as soon as there is room.
 */
export class BoundedOutlet {
  readonly carrier: Carrier;
  readonly #queueBytesMax: number;
  readonly #queue: LineQueue;
  readonly #lossLine = new LossLine();
  readonly #progress = new Gate();
  readonly #unsent = { tooLong: 0, refused: 0, broken: 0, inDoubt: 0, unacknowledged: 0, overflow: 0 };
  #taken = 0;
  #isForwarding = false;
  #isClosed = false;

  constructor({ queueBytesMax, carrier }: BoundedOutletOptions) {
    this.#queueBytesMax = queueBytesMax;
    this.#queue = new LineQueue(queueBytesMax);
    this.carrier = carrier({
      unsent: (kind, lines) => {
        this.#unsent[kind] += lines;
      },
      progress: () => this.#forward(),
    });
    this.carrier.connection.open();
  }

  counts(): OutletCounts {
    const waiting = this.#waiting();
    const lost = Object.values(this.#unsent).reduce((sum, lines) => sum + lines);
    return { sent: this.#taken - waiting - lost, waiting, unsent: { ...this.#unsent } };
  }

  /** Takes a block of whole lines. @returns whether its memory is still needed, and must not change any more */
  take(block: Buffer): boolean {
    this.#reportLoss();
    const lines = countLines(block);
    const place = this.#place(block, lines);
    this.#taken += lines;
    if (place === "nowhere") this.#unsent[this.#isClosed ? "broken" : "overflow"] += lines;
    return place === "carrier";
  }

  /** Resolves when all lines are sent, or acknowledged where that is asked for, or when none has moved for a second. */
  async settled(): Promise<void> {
    let movedMs = performance.now();
    for (let left = this.#waiting(); left > 0; ) {
      const ms = movedMs + STOP_MS_MAX - performance.now();
      if (ms <= 0) return;
      this.#progress.close();
      const silence = setTimeout(() => this.#progress.open(), ms);
      await this.#progress.pass();
      clearTimeout(silence);
      const still = this.#waiting();
      if (still < left) movedMs = performance.now();
      left = still;
    }
  }

  /** The same without an event loop: blocks. Where an aggregator was never reached, it doesn't wait for one. */
  settle(): void {
    const { connection } = this.carrier;
    const endMs = performance.now() + EXIT_MS_MAX;
    let movedMs = performance.now();
    for (let left = this.#waiting(); left > 0; ) {
      const ms = Math.min(movedMs + STOP_MS_MAX, endMs) - performance.now();
      if (ms <= 0) return;
      connection.step(ms);
      if (connection.isOutOfReach) return;
      this.#forward();
      const still = this.#waiting();
      if (still < left) movedMs = performance.now();
      left = still;
    }
  }

  /** Ends the connection. What still waits, and what comes later, counts as unsent. */
  close(): Promise<void> | void {
    this.#isClosed = true;
    for (let block = this.#queue.shift(); block !== undefined; block = this.#queue.shift()) {
      this.#unsent.broken += block.lines;
    }
    return this.carrier.close();
  }

  #waiting(): number {
    return this.#queue.lines + this.carrier.waiting;
  }

  /** Sends a block, or queues it. @returns who needs its memory from now on */
  #place(block: Buffer, lines: number): "carrier" | "nobody" | "nowhere" {
    const { carrier } = this;
    const bytes = this.#queue.bytes + carrier.heldBytes + block.length;
    if (this.#isClosed || bytes > this.#queueBytesMax) return "nowhere";
    if (carrier.isBusy || this.#queue.lines > 0) {
      return this.#queue.push({ bytes: block, lines }) ? "nobody" : "nowhere";
    }
    carrier.carry(block, lines);
    return carrier.isBusy ? "carrier" : "nobody";
  }

  /** Sends what is queued, a part of it in each iteration of the event loop. */
  #forward(): void {
    const { carrier } = this;
    this.#isForwarding = false;
    for (let sends = 0; sends < SENDS_PER_ITERATION && !carrier.isBusy; sends++) {
      const block = this.#queue.shift();
      if (block === undefined) break;
      carrier.carry(block.bytes, block.lines);
    }
    this.#reportLoss();
    this.#progress.open();
    if (this.#queue.lines === 0 || carrier.isBusy || this.#isForwarding) return;
    this.#isForwarding = true;
    setImmediate(() => this.#forward());
  }

  #reportLoss(): void {
    const total = lossIn(this.#unsent);
    const line = this.#lossLine.line(total);
    if (line === undefined || this.#place(Buffer.from(line), 1) === "nowhere") return;
    this.#lossLine.markReported(total);
    this.#taken++;
  }
}
