import type { Backpressure } from "../core/backpressure.ts";
import { LINE_FEED } from "../core/whole-lines.ts";
import type { Sender, UnsentClass } from "../transports/transport.ts";

/** What became of a producer's lines. */
export interface Tally {
  sent: number;
  readonly unsent: Record<UnsentClass, number>;
  /** Ticks that came after the next one was due. */
  late: number;
  /** Time in sends that had to wait for the other side, milliseconds. */
  waitedMs: number;
}

/** One line that was too long to send. */
export interface LongLine {
  /** Counted from 1. */
  readonly number: number;
  /** With its LF. */
  readonly bytes: number;
}

/** Sends all lines of one producer, and counts them. */
export class Outlet {
  readonly tally: Tally = {
    sent: 0,
    unsent: { tooLong: 0, refused: 0, broken: 0, inDoubt: 0, unacknowledged: 0 },
    late: 0,
    waitedMs: 0,
  };
  readonly #tooLong: (line: LongLine) => void;
  #isTooLongReported = false;
  #sender: Sender | undefined;
  #linesBefore = 0;
  #linesShipped = 0;
  #block: Buffer = Buffer.alloc(0);

  /** @param tooLong called once, with a line that was too long */
  constructor(tooLong: (line: LongLine) => void) {
    this.#tooLong = tooLong;
  }

  /** The sender, which reports to unsent(). */
  attach(sender: Sender): void {
    this.#sender = sender;
  }

  /** Sends `lines` whole lines. One call at a time; the block must not change before a returned promise resolves. */
  ship(block: Buffer, lines: number): Backpressure {
    this.#block = block;
    this.#linesBefore = this.#linesShipped;
    this.#linesShipped += lines;
    this.tally.sent += lines;
    const backpressure = this.#sender?.send(block, lines);
    return backpressure === undefined ? undefined : this.#timed(backpressure);
  }

  /** Counts lines that were never given to the sender. */
  withhold(kind: UnsentClass, lines: number): void {
    this.tally.unsent[kind] += lines;
  }

  /** Counts lines that were sent and that the aggregator refused because of their length. */
  notStored(lines: number): void {
    this.tally.unsent.tooLong += lines;
    this.tally.sent -= lines;
  }

  /** Called by the sender for lines that were not sent. */
  unsent(kind: UnsentClass, lines: number): void {
    this.tally.unsent[kind] += lines;
    this.tally.sent -= lines;
    if (kind === "tooLong" && !this.#isTooLongReported) {
      this.#isTooLongReported = true;
      this.#tooLong(this.#longestLine());
    }
  }

  async #timed(backpressure: Promise<void>): Promise<void> {
    const beganMs = performance.now();
    try {
      await backpressure;
    } finally {
      this.tally.waitedMs += performance.now() - beganMs;
    }
  }

  /** The longest line of the current block: if any line is too long, this one is. */
  #longestLine(): LongLine {
    let longest: LongLine = { number: 0, bytes: 0 };
    let number = this.#linesBefore;
    for (let start = 0; start < this.#block.length; ) {
      const end = this.#block.indexOf(LINE_FEED, start) + 1;
      number++;
      if (end - start > longest.bytes) longest = { number, bytes: end - start };
      start = end;
    }
    return longest;
  }
}
