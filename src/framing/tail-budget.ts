/**
 * Memory for the unfinished lines of all senders together. Without it a thousand senders, each a MiB into a line that
 * never ends, would hold a GiB.
 */
export class TailBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes held by unfinished lines now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the bytes and returns true, or takes nothing and returns false. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}
