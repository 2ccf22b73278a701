import type { Block, Refusal, Sent } from "./engines/engine.ts";

/** A part of the file that is being dealt with: a block, or bytes that need not be sent. */
export interface Part {
  readonly offset: number;
  readonly length: number;
  readonly lines: number;
  /** Undefined for bytes that need not be sent. */
  readonly block: Block | undefined;
}

interface Entry extends Part {
  sent: Sent | undefined;
}

/** What of a prefix was completed. */
export interface Completed {
  /** End of the contiguous prefix. */
  readonly offset: number;
  /** The highest number of its blocks; undefined where there is none. */
  readonly sequence: number | undefined;
  /** Sent, acknowledged and not refused, of what was completed just now. */
  readonly lines: number;
  readonly bytes: number;
  /** Of what was completed just now. */
  readonly refusals: readonly Refusal[];
}

export interface WindowLimits {
  readonly blocks: number;
  readonly bytes: number;
}

/** Blocks that were sent and aren't acknowledged yet, in the order of the file. */
export class Window {
  readonly #limits: WindowLimits;
  readonly #entries: Entry[] = [];
  #bytes = 0;
  #offset: number;
  /** No block has been answered for yet, and one at a time is sent. */
  #isProbing: boolean;

  /**
   * @param offset where the file goes on
   * @param isRefusing the engine has refused blocks: until it takes one, it gets one at a time, because those behind a refused
   * one may be stored before it
   */
  constructor(offset: number, limits: WindowLimits, isRefusing: boolean) {
    this.#isProbing = isRefusing;
    this.#limits = limits;
    this.#offset = offset;
  }

  /** Where the next part begins. */
  get end(): number {
    const last = this.#entries.at(-1);
    return last === undefined ? this.#offset : last.offset + last.length;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** A single block is always accepted. */
  get isFull(): boolean {
    if (this.#isProbing && this.#entries.some(({ sent }) => sent === undefined)) return true;
    return this.#entries.length >= this.#limits.blocks || this.#bytes >= this.#limits.bytes;
  }

  /** Lengths of all parts, which follow one another. */
  get lengths(): number[] {
    return this.#entries.map(({ length }) => length);
  }

  /** @param sent of bytes that need not be sent: the highest number that is stored of them, or why they are refused */
  add(part: Part, sent?: Sent): void {
    this.#entries.push({ ...part, sent });
    this.#bytes += part.length;
  }

  /** A block is stored; calls come in any order. */
  acknowledge(offset: number, sent: Sent): void {
    this.#isProbing = false;
    const entry = this.#entries.find((candidate) => candidate.offset === offset);
    if (entry !== undefined) entry.sent = sent;
  }

  /** Removes the prefix of which all is acknowledged. */
  complete(): Completed {
    let sequence: number | undefined;
    let lines = 0;
    let bytes = 0;
    const refusals: Refusal[] = [];
    for (let first = this.#entries[0]; first?.sent !== undefined; first = this.#entries[0]) {
      this.#entries.shift();
      this.#bytes -= first.length;
      this.#offset = first.offset + first.length;
      refusals.push(...first.sent.refusals);
      const number = first.sent.sequence;
      if (number !== undefined) sequence = Math.max(sequence ?? 0, number);
      if (first.block === undefined) continue;
      lines += first.lines - sum(first.sent.refusals, ({ lines: count }) => count);
      bytes += first.length - sum(first.sent.refusals, ({ reason, length }) => (reason === "unnamed" ? 0 : length));
    }
    return { offset: this.#offset, sequence, lines, bytes, refusals };
  }
}

function sum(refusals: readonly Refusal[], count: (refusal: Refusal) => number): number {
  return refusals.reduce((total, refusal) => total + count(refusal), 0);
}
