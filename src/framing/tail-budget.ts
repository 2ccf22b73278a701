import { TAIL_BYTES_RESERVED } from "../core/limits.ts";
import { SPARE_TAIL_BYTES_MAX } from "../core/tuning.ts";
import { Link } from "./ring.ts";
import type { Tail } from "./tail.ts";

/**
 * Memory for the unfinished lines of all senders together. Without this limit, a thousand senders that are each a MiB
 * into a line that never ends would occupy a GiB. Each tail has TAIL_BYTES_RESERVED of its own, apart from the shared
 * memory.
 *
 * When the shared memory is exhausted, the largest unfinished line is shed; among equals, the oldest. So no line is
 * shed for a larger one, and a line that fits in its tail's own memory is never shed. Memory is allocated in powers of
 * two: lines are equal when they need the same size.
 */
export class TailBudget {
  readonly #sharedMax: number;
  /** Tails that use shared memory, by the exponent of their memory's size; the oldest comes first. */
  readonly #rings: Link<Tail | undefined>[] = [];
  /** One unused buffer of each size, by exponent: allocating one costs more than a short line. */
  readonly #spares: (Buffer | undefined)[] = [];
  #bytes = 0;
  #shared = 0;
  #joinBuffer: Buffer = Buffer.alloc(0);

  constructor(sharedMax: number) {
    this.#sharedMax = sharedMax;
  }

  /** Memory of all tails now, including their own parts. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Reserves memory that replaces a tail's current memory. Where the budget doesn't suffice, another tail is evicted.
   *
   * @returns undefined when this tail's own line has to be shed
   */
  reserve(tail: Tail, bytes: number): Buffer | undefined {
    const exponent = exponentOf(bytes);
    const more = sharedPart(bytes) - sharedPart(tail.memoryBytes);
    if (this.#shared + more > this.#sharedMax) {
      const largest = this.#oldestOf(exponent);
      if (largest === undefined) return undefined;
      largest.evict(); // frees enough, since it is at least as large
    }
    this.#shared += more;
    this.#bytes += bytes - tail.memoryBytes;
    tail.link.leave();
    if (bytes > TAIL_BYTES_RESERVED) this.#ring(exponent).insertBefore(tail.link);
    return this.#memory(exponent, bytes);
  }

  /** Releases a tail's memory from the budget. */
  release(tail: Tail): void {
    tail.link.leave();
    this.#bytes -= tail.memoryBytes;
    this.#shared -= sharedPart(tail.memoryBytes);
  }

  /** Keeps memory that no tail uses any more, for reuse. */
  recycle(memory: Buffer): void {
    if (memory.length <= SPARE_TAIL_BYTES_MAX) this.#spares[exponentOf(memory.length)] ??= memory;
  }

  /** Memory in which one line at a time is completed, for all tails: its content is valid until the next call. */
  joinBuffer(bytes: number): Buffer {
    if (this.#joinBuffer.length < bytes) this.#joinBuffer = Buffer.allocUnsafeSlow(bytes);
    return this.#joinBuffer;
  }

  /** The oldest of the largest tails, if the size of their memory has at least this exponent. */
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
    // allocUnsafeSlow: a slice of Node's shared pool would keep the whole pool alive
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
