/**
 * Memory for blocks, used again once a block is acknowledged: memory of a new block each time costs the garbage collector
 * a tenth of the whole time.
 */
export class BlockBuffers {
  readonly #bytes: number;
  readonly #free: Buffer[] = [];
  readonly #taken = new Set<ArrayBufferLike>();

  /** @param bytes of each */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Memory with any content. */
  take(): Buffer {
    const taken = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes);
    this.#taken.add(taken.buffer);
    return taken;
  }

  /** Nobody reads this any more, nor other parts of its memory. What came from elsewhere is ignored. */
  release({ buffer }: Buffer): void {
    if (this.#taken.delete(buffer)) this.#free.push(Buffer.from(buffer));
  }
}
