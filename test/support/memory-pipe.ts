import { setImmediate as nextIteration } from "node:timers/promises";
import { type Backpressure, Gate } from "../../src/core/backpressure.ts";

export const CHUNK_BYTES = 1000;

const CHUNKS_PER_ITERATION = 64;

/**
 * The queue of one channel, as a kernel would have it: bounded, emptied a few chunks per iteration, and not while
 * paused.
 */
export class MemoryPipe {
  readonly #queue: Buffer[] = [];
  readonly #gate = new Gate();
  readonly #bytesMax: number;
  readonly #deliver: (bytes: Buffer) => Backpressure;
  readonly #everyone: () => Backpressure;
  #scratch = Buffer.alloc(CHUNK_BYTES);
  #bytes = 0;
  #pumping = false;
  #paused = false;

  /** @param everyone returns a promise while no channel's bytes may be delivered */
  constructor(bytesMax: number, deliver: (bytes: Buffer) => Backpressure, everyone: () => Backpressure) {
    this.#bytesMax = bytesMax;
    this.#deliver = deliver;
    this.#everyone = everyone;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  get paused(): boolean {
    return this.#paused;
  }

  writable(): Backpressure {
    return this.#gate.pass();
  }

  put(bytes: Buffer): void {
    this.#queue.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
    if (this.full) this.#gate.close();
    if (!this.#pumping) void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    for (let count = 0; this.#queue.length > 0; count++) {
      if (count % CHUNKS_PER_ITERATION === 0) await nextIteration();
      for (let none = this.#everyone(); none !== undefined; none = this.#everyone()) await none;
      const backpressure = this.#lend(this.#queue.shift() ?? Buffer.alloc(0));
      this.#paused = backpressure !== undefined;
      await backpressure;
      this.#paused = false;
      if (!this.full) this.#gate.open();
    }
    this.#pumping = false;
  }

  /**
   * Lends the bytes and overwrites them afterwards, so that a receiver that keeps them without copying finds them
   * changed.
   */
  #lend(bytes: Buffer): Backpressure {
    this.#bytes -= bytes.length;
    if (bytes.length > this.#scratch.length) this.#scratch = Buffer.alloc(bytes.length);
    const lent = this.#scratch.subarray(0, bytes.length);
    bytes.copy(lent);
    const backpressure = this.#deliver(lent);
    lent.fill("#");
    return backpressure;
  }
}
