import { setImmediate as nextIteration } from "node:timers/promises";
import { type Backpressure, Gate } from "../../src/core/backpressure.ts";

export const CHUNK_BYTES = 1000;

const PIECES_PER_TURN = 64;

/** What one channel's bytes wait in, as they would in a kernel: bounded, emptied a few a turn, never while paused. */
export class MemoryPipe {
  readonly #queue: Buffer[] = [];
  readonly #room = new Gate();
  readonly #bytesMax: number;
  readonly #deliver: (bytes: Buffer) => Backpressure;
  readonly #everyone: () => Backpressure;
  #scratch = Buffer.alloc(CHUNK_BYTES);
  #bytes = 0;
  #pumping = false;
  #paused = false;

  /** @param everyone a promise while nobody's bytes are to be delivered */
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

  room(): Backpressure {
    return this.#room.pass();
  }

  put(piece: Buffer): void {
    this.#queue.push(Buffer.from(piece));
    this.#bytes += piece.length;
    if (this.full) this.#room.close();
    if (!this.#pumping) void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    for (let count = 0; this.#queue.length > 0; count++) {
      if (count % PIECES_PER_TURN === 0) await nextIteration();
      for (let none = this.#everyone(); none !== undefined; none = this.#everyone()) await none;
      const backpressure = this.#lend(this.#queue.shift() ?? Buffer.alloc(0));
      this.#paused = backpressure !== undefined;
      await backpressure;
      this.#paused = false;
      if (!this.full) this.#room.open();
    }
    this.#pumping = false;
  }

  /** Lends the bytes and takes them back: whoever keeps them without copying finds them changed. */
  #lend(piece: Buffer): Backpressure {
    this.#bytes -= piece.length;
    if (piece.length > this.#scratch.length) this.#scratch = Buffer.alloc(piece.length);
    const lent = this.#scratch.subarray(0, piece.length);
    piece.copy(lent);
    const backpressure = this.#deliver(lent);
    lent.fill("#");
    return backpressure;
  }
}
