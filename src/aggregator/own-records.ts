import type { Sink } from "../sink/sink.ts";

/** Records that the aggregator itself writes. Nobody sent them, so the ledger counts none of them as a line. */
export class OwnRecords {
  readonly #sink: Sink;
  /** Where those end that may not be in the file for good, in order. */
  readonly #ends: number[] = [];

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  append(record: Buffer): void {
    this.#sink.append(record, 0);
    this.#forgetDurable();
    this.#ends.push(this.#sink.position());
  }

  /** How many of the lines that the sink couldn't write are such records. */
  get unwritten(): number {
    const { bytesWritten } = this.#sink.stats();
    return this.#ends.filter((end) => end > bytesWritten).length;
  }

  /** What is only written may wait again: a sync that fails puts it back into the queue. */
  #forgetDurable(): void {
    const { bytesDurable } = this.#sink.stats();
    const waiting = this.#ends.findIndex((end) => end > bytesDurable);
    this.#ends.splice(0, waiting < 0 ? this.#ends.length : waiting);
  }
}
