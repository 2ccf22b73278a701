import type { TailBudget } from "./tail-budget.ts";

const FIRST_BYTES = 512;
/** A tail's memory is kept for the next tail up to this size; a larger one was an exception and is given back. */
const KEPT_BYTES = 16 * 1024;

/** The unfinished line at the end of a channel's bytes. Grows by doubling, so bytes that come one by one cost linear time. */
export class Tail {
  #memory: Buffer | undefined;
  #used = 0;
  readonly #budget: TailBudget;

  constructor(budget: TailBudget) {
    this.#budget = budget;
  }

  get length(): number {
    return this.#used;
  }

  /** The bytes so far; valid until the next call. */
  get bytes(): Buffer {
    return this.#memory?.subarray(0, this.#used) ?? Buffer.alloc(0);
  }

  /** Appends a copy of the bytes; false (and nothing is kept) when the budget of all tails is spent. */
  append(bytes: Buffer): boolean {
    if (bytes.length === 0) return true;
    const needed = this.#used + bytes.length;
    const memory = this.#room(needed);
    if (memory === undefined) return false;
    bytes.copy(memory, this.#used);
    this.#used = needed;
    return true;
  }

  clear(): void {
    this.#used = 0;
    if (this.#memory !== undefined && this.#memory.length > KEPT_BYTES) this.release();
  }

  /** Gives the memory back; the tail is empty and may be used again. */
  release(): void {
    this.#used = 0;
    this.#budget.give(this.#memory?.length ?? 0);
    this.#memory = undefined;
  }

  #room(needed: number): Buffer | undefined {
    const held = this.#memory?.length ?? 0;
    if (needed <= held) return this.#memory;
    const bytes = Math.max(needed, 2 * held, FIRST_BYTES);
    if (!this.#budget.take(bytes - held)) return undefined;
    // allocUnsafeSlow: a slice of Node's shared pool would keep its neighbours alive
    const memory = Buffer.allocUnsafeSlow(bytes);
    this.#memory?.copy(memory, 0, 0, this.#used);
    this.#memory = memory;
    return memory;
  }
}
