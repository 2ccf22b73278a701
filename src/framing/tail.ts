import { TAIL_BYTES_RESERVED } from "../core/limits.ts";
import { Link } from "./ring.ts";
import type { TailBudget } from "./tail-budget.ts";

/** Smallest allocation: a usual line in one step, at an eighth of the memory that a tail has to itself. */
const FIRST_BYTES = 512;

/**
 * The unfinished line at the end of a channel's bytes. Memory doubles, so bytes that arrive one by one cost linear
 * time.
 */
export class Tail {
  /** Its position among the tails of its size. */
  readonly link: Link<Tail> = new Link<Tail>(this);
  readonly #budget: TailBudget;
  readonly #bytesMax: number;
  readonly #evicted: () => void;
  #memory: Buffer | undefined;
  #used = 0;

  /**
   * @param bytesMax most bytes that are kept
   * @param evicted called when another tail needs the memory; it must release() this one
   */
  constructor(budget: TailBudget, bytesMax: number, evicted: () => void) {
    this.#budget = budget;
    this.#bytesMax = bytesMax;
    this.#evicted = evicted;
  }

  get length(): number {
    return this.#used;
  }

  get memoryBytes(): number {
    return this.#memory?.length ?? 0;
  }

  /**
   * Appends a copy of the bytes. @returns false, with nothing kept, when this line has to be shed for lack of memory
   */
  append(bytes: Buffer): boolean {
    const needed = this.#used + bytes.length;
    if (needed > this.memoryBytes && !this.#grow(needed)) return false;
    this.#memory?.set(bytes, this.#used);
    this.#used = needed;
    return true;
  }

  /** The line: the bytes so far joined with the rest. Valid until the next call on any tail with the same budget. */
  complete(rest: Buffer): Buffer {
    const whole = this.#used + rest.length;
    const memory = this.#memory;
    if (memory === undefined) return rest;
    if (whole <= memory.length) {
      memory.set(rest, this.#used);
      return memory.subarray(0, whole);
    }
    const joined = this.#budget.joinBuffer(whole);
    memory.copy(joined, 0, 0, this.#used);
    joined.set(rest, this.#used);
    return joined.subarray(0, whole);
  }

  /** Empties the tail. Its own part of the memory is kept for the next line; shared memory is released. */
  clear(): void {
    this.#used = 0;
    if (this.memoryBytes > TAIL_BYTES_RESERVED) this.release();
  }

  /** Empties the tail and releases its memory. The tail may be used again. */
  release(): void {
    this.#used = 0;
    if (this.#memory === undefined) return;
    this.#budget.release(this);
    this.#budget.recycle(this.#memory);
    this.#memory = undefined;
  }

  evict(): void {
    this.#evicted();
  }

  #grow(needed: number): boolean {
    const bytes = Math.min(Math.max(FIRST_BYTES, 2 ** Math.ceil(Math.log2(needed))), this.#bytesMax);
    const memory = this.#budget.reserve(this, bytes);
    if (memory === undefined) return false;
    if (this.#memory !== undefined) {
      this.#memory.copy(memory, 0, 0, this.#used);
      this.#budget.recycle(this.#memory);
    }
    this.#memory = memory;
    return true;
  }
}
