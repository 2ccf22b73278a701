import { type EmitBlock, type FramingCounts, LF } from "./framing.ts";
import { emitWithoutOversize } from "./line-lengths.ts";
import { Tail } from "./tail.ts";
import type { TailBudget } from "./tail-budget.ts";

export interface StreamFramerOptions {
  /** Longest line that is kept, without its LF. */
  readonly lineBytesMax: number;
  /** Memory for unfinished lines, shared with other framers. */
  readonly budget: TailBudget;
  /** The framer adds to these. */
  readonly counts: FramingCounts;
}

const LINE_END = Buffer.from("\n");

/**
 * Turns one channel's bytes into blocks of whole lines. The bytes between a chunk's first and last LF are emitted
 * without a copy; only unfinished lines are copied. A line above the limit is dropped up to its LF in constant memory.
 */
export class StreamFramer {
  readonly #lineBytesMax: number;
  readonly #counts: FramingCounts;
  readonly #emit: EmitBlock;
  readonly #tail: Tail;
  /** The rest of the current line is dropped, up to and including its LF. */
  #skipping = false;
  #evicted: () => void = () => {};

  constructor({ lineBytesMax, budget, counts }: StreamFramerOptions, emit: EmitBlock) {
    this.#lineBytesMax = lineBytesMax;
    this.#counts = counts;
    this.#emit = emit;
    this.#tail = new Tail(budget, lineBytesMax, () => {
      this.#shed();
      this.#evicted();
    });
  }

  /**
   * Sets a callback for when the unfinished line was shed because another channel's line needed the memory. push()
   * itself sheds only the unfinished line at the end of the chunk, which its caller sees in the counts.
   */
  onEvicted(report: () => void): void {
    this.#evicted = report;
  }

  push(chunk: Buffer): void {
    const end = chunk.length - 1;
    const last = chunk[end] === LF ? end : chunk.lastIndexOf(LF);
    if (last < 0) {
      this.#keep(chunk);
      return;
    }
    let start = 0;
    if (this.#skipping || this.#tail.length > 0) {
      const first = chunk.indexOf(LF);
      this.#finish(chunk.subarray(0, first + 1));
      start = first + 1;
    }
    if (start <= last) {
      const block = start === 0 && last === end ? chunk : chunk.subarray(start, last + 1);
      this.#counts.oversize += emitWithoutOversize(block, this.#lineBytesMax, this.#emit);
    }
    if (last + 1 < chunk.length) this.#keep(chunk.subarray(last + 1));
  }

  /** The channel has ended: an unfinished line is complete now. */
  end(): void {
    if (this.#tail.length > 0) {
      this.#counts.unterminated++;
      this.#finish(LINE_END);
    }
    this.#skipping = false;
    this.#tail.release();
  }

  /** The channel has ended, and its unfinished line will be sent again: it isn't kept. */
  discard(): void {
    if (this.#tail.length > 0) this.#counts.partial++;
    this.#skipping = false;
    this.#tail.release();
  }

  /** The channel didn't carry lines: unfinished bytes are neither kept nor counted. */
  forget(): void {
    this.#tail.release();
  }

  /** Completes the current line with its rest, which ends in LF. */
  #finish(rest: Buffer): void {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    if (this.#tail.length + rest.length - 1 > this.#lineBytesMax) this.#counts.oversize++;
    else this.#emit(this.#tail.complete(rest));
    this.#tail.clear();
  }

  #keep(bytes: Buffer): void {
    if (this.#skipping || bytes.length === 0) return;
    if (this.#tail.length + bytes.length > this.#lineBytesMax) {
      this.#counts.oversize++;
      this.#skip();
    } else if (!this.#tail.append(bytes)) {
      this.#shed();
    }
  }

  #shed(): void {
    this.#counts.shed++;
    this.#skip();
  }

  #skip(): void {
    this.#skipping = true;
    this.#tail.release();
  }
}
