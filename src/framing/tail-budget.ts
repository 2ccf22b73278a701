import { TAIL_BYTES_RESERVED } from "../core/limits.ts";
import { SPARE_TAIL_BYTES_MAX } from "../core/tuning.ts";
import { Link } from "./ring.ts";
import type { Tail } from "./tail.ts";

/**
 * Memory for the unfinished lines of all senders together. Without it a thousand senders, each a MiB into a line that
 * never ends, would hold a GiB. Each tail has TAIL_BYTES_RESERVED of its own, outside of what is shared.
 *
 * When the shared part is full, the largest unfinished line is given up, the oldest of equals. So no line is given up for a
 * larger one, and a line that fits in its tail's own memory never is. Memory comes in powers of two: lines are equal when
 * they need the same.
 */
export class TailBudget {
  readonly #sharedMax: number;
  /** Tails that use shared memory, by the exponent of their memory's size; the one that has been there longest comes first. */
  readonly #rings: Link<Tail | undefined>[] = [];
  /** One unused buffer of each size, by exponent: allocating costs more than a short line. */
  readonly #spares: (Buffer | undefined)[] = [];
  #bytes = 0;
  #shared = 0;
  #joinBuffer: Buffer = Buffer.alloc(0);

  constructor(sharedMax: number) {
    this.#sharedMax = sharedMax;
  }

  /** Memory of all tails now, their own parts included. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Memory that a tail asks for in place of what it has. Where that fills the budget another tail is given up.
   *
   * @returns undefined when it is this tail's line that has to be given up
   */
  reserve(tail: Tail, bytes: number): Buffer | undefined {
    const exponent = exponentOf(bytes);
    const more = sharedPart(bytes) - sharedPart(tail.memoryBytes);
    if (this.#shared + more > this.#sharedMax) {
      const largest = this.#oldestOf(exponent);
      if (largest === undefined) return undefined;
      largest.evict(); // frees at least what is asked for, since it is as large
    }
    this.#shared += more;
    this.#bytes += bytes - tail.memoryBytes;
    tail.link.leave();
    if (bytes > TAIL_BYTES_RESERVED) this.#ring(exponent).insertBefore(tail.link);
    return this.#memory(exponent, bytes);
  }

  /** A tail needs no memory any more. */
  release(tail: Tail): void {
    tail.link.leave();
    this.#bytes -= tail.memoryBytes;
    this.#shared -= sharedPart(tail.memoryBytes);
  }

  /** Takes memory back that no tail uses. */
  recycle(memory: Buffer): void {
    if (memory.length <= SPARE_TAIL_BYTES_MAX) this.#spares[exponentOf(memory.length)] ??= memory;
  }

  /** Memory to complete a line in, one line at a time over all tails: its content is valid until the next call. */
  joinBuffer(bytes: number): Buffer {
    if (this.#joinBuffer.length < bytes) this.#joinBuffer = Buffer.allocUnsafeSlow(bytes);
    return this.#joinBuffer;
  }

  /** The oldest of the largest tails, if their memory has at least this exponent. */
  #oldestOf(exponentMin: number): Tail | undefined {
    for (let exponent = this.#rings.length - 1; exponent >= exponentMin; exponent--) {
      const oldest = this.#rings[exponent]?.after.member;
      if (oldest !== undefined) return oldest;
    }
    return undefined;
  }

  #ring(exponent: number): Link<Tail | undefined> {
    this.#rings[exponent] ??= new Link(undefined);
    return this.#rings[exponent];
  }

  #memory(exponent: number, bytes: number): Buffer {
    const spare = this.#spares[exponent];
    // allocUnsafeSlow: a slice of Node's shared pool would keep its neighbours alive
    if (spare?.length !== bytes) return Buffer.allocUnsafeSlow(bytes);
    this.#spares[exponent] = undefined;
    return spare;
  }
}

function sharedPart(bytes: number): number {
  return Math.max(0, bytes - TAIL_BYTES_RESERVED);
}

function exponentOf(bytes: number): number {
  return Math.ceil(Math.log2(bytes));
}
