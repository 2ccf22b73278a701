import { BATCH_BYTES_DEFAULT } from "../core/tuning.ts";

/** Whole lines to be sent at once. */
export interface LineBlock {
  readonly bytes: Buffer;
  readonly lines: number;
}

interface Slab {
  readonly memory: Buffer;
  used: number;
  lines: number;
}

/** Copies of lines that wait to be sent, gathered into blocks: memory is bounded however short the lines are. */
export class LineQueue {
  readonly #bytesMax: number;
  readonly #slabs: Slab[] = [];
  #bytes = 0;
  #lines = 0;

  /** @param bytesMax most memory */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.#bytes;
  }

  get lines(): number {
    return this.#lines;
  }

  /** @returns false when it is full, and the lines are not taken */
  push({ bytes, lines }: LineBlock): boolean {
    const slab = this.#slabFor(bytes.length);
    if (slab === undefined) return false;
    bytes.copy(slab.memory, slab.used);
    slab.used += bytes.length;
    slab.lines += lines;
    this.#lines += lines;
    return true;
  }

  /** Takes the oldest lines out. */
  shift(): LineBlock | undefined {
    const slab = this.#slabs.shift();
    if (slab === undefined) return undefined;
    this.#bytes -= slab.memory.length;
    this.#lines -= slab.lines;
    return { bytes: slab.memory.subarray(0, slab.used), lines: slab.lines };
  }

  #slabFor(bytes: number): Slab | undefined {
    const last = this.#slabs.at(-1);
    if (last !== undefined && last.used + bytes <= last.memory.length) return last;
    const memoryBytes = Math.max(bytes, Math.min(BATCH_BYTES_DEFAULT, this.#bytesMax));
    if (this.#bytes + memoryBytes > this.#bytesMax) return undefined;
    const slab = { memory: Buffer.allocUnsafeSlow(memoryBytes), used: 0, lines: 0 };
    this.#slabs.push(slab);
    this.#bytes += memoryBytes;
    return slab;
  }
}
