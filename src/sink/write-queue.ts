const LF = 0x0a;

/** Slabs kept for reuse after the queue was empty for a while: 1 MiB in all, little beside the limit of the queue. */
const SPARE_SLABS_MIN = 4;

/** Memory on its way to the file: [0, synced) is safe, [synced, done) is written, [done, used) waits. */
export interface Slab {
  readonly memory: Buffer;
  used: number;
  done: number;
  synced: number;
}

/**
 * Lines waiting for the file, in slabs of whole lines, and, when it retains, lines written but not yet known to be
 * safe. Slabs are reused as soon as they are written (and safe), so a file that keeps up costs one slab and no
 * allocation.
 */
export class WriteQueue {
  readonly #slabBytes: number;
  readonly #retain: boolean;
  /** Oldest first; the last one is being filled. */
  readonly #slabs: Slab[];
  readonly #spares: Slab[] = [];
  #bytes = 0;
  #retained = 0;

  /** @param retain keep what is written until synced() says that it is safe */
  constructor(slabBytes: number, retain = false) {
    this.#slabBytes = slabBytes;
    this.#retain = retain;
    this.#slabs = [this.#allocate(slabBytes)];
  }

  /** Keeps what is written until it is known to be safe. */
  get retains(): boolean {
    return this.#retain;
  }

  /** Bytes not yet written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes written and kept until they are safe. */
  get retained(): number {
    return this.#retained;
  }

  /** True when at least one slab is full and should be written now. */
  get hasSealed(): boolean {
    const oldest = this.head();
    return oldest !== undefined && oldest !== this.#slabs.at(-1);
  }

  /** Copies whole lines in. */
  push(lines: Buffer): void {
    this.#bytes += lines.length;
    let start = 0;
    while (start < lines.length) start += this.#fill(start === 0 ? lines : lines.subarray(start));
  }

  /** The oldest slab with bytes that wait; undefined when all is written. */
  head(): Slab | undefined {
    return this.#bytes === 0 ? undefined : this.#slabs.find((slab) => slab.done < slab.used);
  }

  /** The oldest waiting bytes, without copying them; at most `bytesMax`, but at least one slab's. */
  oldest(bytesMax: number): Buffer[] {
    const buffers: Buffer[] = [];
    let bytes = 0;
    for (const { memory, done, used } of this.#slabs) {
      if (done === used) continue;
      bytes += used - done;
      if (bytes > bytesMax && buffers.length > 0) break;
      buffers.push(memory.subarray(done, used));
    }
    return buffers;
  }

  /** Notes that the oldest waiting bytes were written. */
  written(bytes: number): void {
    let left = bytes;
    for (let head = this.head(); head !== undefined && left > 0; head = this.head()) {
      const step = Math.min(left, head.used - head.done);
      head.done += step;
      this.#bytes -= step;
      left -= step;
    }
    if (this.#retain) this.#retained += bytes;
    else this.#forget(bytes);
  }

  /** Notes that the oldest retained bytes are safe, and forgets them. */
  synced(bytes: number): void {
    this.#retained -= bytes;
    this.#forget(bytes);
  }

  /** Everything retained waits again, to be written to another file. */
  rewind(): void {
    for (const slab of this.#slabs) slab.done = slab.synced;
    this.#bytes += this.#retained;
    this.#retained = 0;
  }

  /** Queues the written part of an unfinished line again. @returns its bytes */
  rewindLine(): number {
    const head = this.head();
    if (head === undefined || head.done === 0) return 0;
    const start = head.memory.lastIndexOf(LF, head.done - 1) + 1;
    const bytes = head.done - start;
    head.done = start;
    this.#bytes += bytes;
    if (this.#retain) this.#retained -= bytes;
    else head.synced = start;
    return bytes;
  }

  /**
   * Releases slabs that weren't needed lately; to be called regularly. Slabs aren't released as soon as they are free,
   * because the garbage collector may keep them for long, in addition to those allocated in their place.
   */
  trim(): void {
    if (this.#slabs.length === 1) this.#spares.length = Math.min(this.#spares.length, SPARE_SLABS_MIN);
  }

  /** Lines not wholly written. */
  lines(): number {
    let count = 0;
    for (const { memory, done, used } of this.#slabs) {
      for (let at = memory.indexOf(LF, done); at >= 0 && at < used; at = memory.indexOf(LF, at + 1)) count++;
    }
    return count;
  }

  #forget(bytes: number): void {
    let left = bytes;
    for (let slab = this.#slabs[0]; slab !== undefined && left > 0; slab = this.#slabs[0]) {
      const step = Math.min(left, slab.done - slab.synced);
      slab.synced += step;
      left -= step;
      if (slab.synced < slab.used) return;
      if (this.#slabs.length > 1) this.#slabs.shift();
      this.#recycle(slab);
      if (step === 0 && this.#slabs.length === 1) return;
    }
  }

  #recycle(slab: Slab): void {
    slab.used = 0;
    slab.done = 0;
    slab.synced = 0;
    if (slab === this.#slabs[0]) return;
    if (slab.memory.length === this.#slabBytes) this.#spares.push(slab);
  }

  /** Copies as many whole lines as fit into the current slab. @returns how many bytes that were */
  #fill(lines: Buffer): number {
    const filling = this.#slabs.at(-1) ?? this.#addSlab(this.#slabBytes);
    const free = filling.memory.length - filling.used;
    const fitting = lines.length <= free ? lines.length : lines.lastIndexOf(LF, free - 1) + 1;
    if (fitting > 0 && free > 0) {
      lines.copy(filling.memory, filling.used, 0, fitting);
      filling.used += fitting;
      return fitting;
    }
    // A line larger than a slab gets memory of its own.
    const line = lines.indexOf(LF) + 1;
    if (filling.used === 0) this.#slabs.pop();
    this.#addSlab(Math.max(this.#slabBytes, line));
    return 0;
  }

  #addSlab(bytes: number): Slab {
    const spare = bytes === this.#slabBytes ? this.#spares.pop() : undefined;
    const slab = spare ?? this.#allocate(bytes);
    this.#slabs.push(slab);
    return slab;
  }

  #allocate(bytes: number): Slab {
    return { memory: Buffer.allocUnsafeSlow(bytes), used: 0, done: 0, synced: 0 };
  }
}
