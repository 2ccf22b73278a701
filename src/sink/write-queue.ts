const LF = 0x0a;

/** A piece of memory on its way to the file. */
export interface Slab {
  readonly memory: Buffer;
  used: number;
  /** Bytes already written. */
  done: number;
}

/**
 * Lines waiting for the file, in slabs of whole lines, each one write(2). The slab that is being filled is reused as
 * soon as it is written, so a file that keeps up costs one slab and no allocation.
 */
export class WriteQueue {
  readonly #slabBytes: number;
  readonly #sealed: Slab[] = [];
  #filling: Slab;
  #spare: Slab | undefined;
  #bytes = 0;

  constructor(slabBytes: number) {
    this.#slabBytes = slabBytes;
    this.#filling = this.#allocate(slabBytes);
  }

  /** Bytes not yet written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when at least one slab is full and should be written now. */
  get hasSealed(): boolean {
    return this.#sealed.length > 0;
  }

  /** Copies whole lines in. */
  push(lines: Buffer): void {
    this.#bytes += lines.length;
    let start = 0;
    while (start < lines.length) start += this.#fill(start === 0 ? lines : lines.subarray(start));
  }

  /** The oldest slab, sealed so that nothing more is added to it; undefined when all is written. */
  head(): Slab | undefined {
    if (this.#sealed.length === 0 && this.#filling.used > 0) this.#seal();
    return this.#sealed[0];
  }

  /** Notes bytes of the head as written, and drops it once it is whole. */
  written(bytes: number): void {
    const head = this.#sealed[0];
    if (head === undefined) return;
    head.done += bytes;
    this.#bytes -= bytes;
    if (head.done < head.used) return;
    this.#sealed.shift();
    if (head.memory.length !== this.#slabBytes) return;
    head.used = 0;
    head.done = 0;
    this.#spare = head;
  }

  /** Lines not wholly written. */
  lines(): number {
    let count = 0;
    for (const slab of [...this.#sealed, this.#filling]) {
      for (
        let at = slab.memory.indexOf(LF, slab.done);
        at >= 0 && at < slab.used;
        at = slab.memory.indexOf(LF, at + 1)
      ) {
        count++;
      }
    }
    return count;
  }

  /** Takes as many whole lines as fit in the slab at hand, and says how many bytes that were. */
  #fill(lines: Buffer): number {
    const room = this.#filling.memory.length - this.#filling.used;
    const fitting = lines.length <= room ? lines.length : lines.lastIndexOf(LF, room - 1) + 1;
    if (fitting > 0 && room > 0) {
      lines.copy(this.#filling.memory, this.#filling.used, 0, fitting);
      this.#filling.used += fitting;
      return fitting;
    }
    if (this.#filling.used > 0) {
      this.#seal();
      return 0;
    }
    // One line larger than a slab gets memory of its own.
    const line = lines.indexOf(LF) + 1;
    const slab = this.#allocate(line);
    lines.copy(slab.memory, 0, 0, line);
    slab.used = line;
    this.#sealed.push(slab);
    return line;
  }

  #seal(): void {
    this.#sealed.push(this.#filling);
    this.#filling = this.#spare ?? this.#allocate(this.#slabBytes);
    this.#spare = undefined;
  }

  #allocate(bytes: number): Slab {
    return { memory: Buffer.allocUnsafeSlow(bytes), used: 0, done: 0 };
  }
}
