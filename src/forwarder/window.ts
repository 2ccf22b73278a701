import type { Block } from "./engines/engine.ts";

/** A part of the file that is being dealt with: a block, or bytes that need not be sent. */
export interface Part {
  readonly offset: number;
  readonly length: number;
  readonly lines: number;
  /** Undefined for bytes that need not be sent. */
  readonly block: Block | undefined;
}

interface Entry extends Part {
  sequence: number | undefined;
}

/** What of a prefix was completed. */
export interface Completed {
  /** End of the contiguous prefix. */
  readonly offset: number;
  /** The number of its last block; undefined where there is none. */
  readonly sequence: number | undefined;
  /** Sent and acknowledged, of what was completed just now. */
  readonly lines: number;
  readonly bytes: number;
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

  /** @param offset where the file goes on */
  constructor(offset: number, limits: WindowLimits) {
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
    return this.#entries.length >= this.#limits.blocks || this.#bytes >= this.#limits.bytes;
  }

  /** Lengths of all parts, which follow one another. */
  get lengths(): number[] {
    return this.#entries.map(({ length }) => length);
  }

  add(part: Part): void {
    this.#entries.push({ ...part, sequence: part.block === undefined ? 0 : undefined });
    this.#bytes += part.length;
  }

  /** A block is stored; calls come in any order. */
  acknowledge(offset: number, sequence: number): void {
    const entry = this.#entries.find((candidate) => candidate.offset === offset);
    if (entry !== undefined) entry.sequence = sequence;
  }

  /** Removes the prefix of which all is acknowledged. */
  complete(): Completed {
    let sequence: number | undefined;
    let lines = 0;
    let bytes = 0;
    for (let first = this.#entries[0]; first?.sequence !== undefined; first = this.#entries[0]) {
      this.#entries.shift();
      this.#bytes -= first.length;
      this.#offset = first.offset + first.length;
      if (first.block === undefined) continue;
      sequence = first.sequence;
      lines += first.lines;
      bytes += first.length;
    }
    return { offset: this.#offset, sequence, lines, bytes };
  }
}
