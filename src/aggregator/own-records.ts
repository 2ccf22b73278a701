import type { Sink } from "../sink/sink.ts";

/** Records that the aggregator itself writes. Nobody sent them, so the ledger counts none of them as a line. */
export class OwnRecords {
  readonly #sink: Sink;
  /** Where those end that may not be in the file yet, in order. */
  readonly #ends: number[] = [];

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  append(record: Buffer): void {
    this.#sink.append(record, 0);
    this.#forgetWritten();
    this.#ends.push(this.#sink.position());
  }

  /** How many of the lines that the sink couldn't write are such records. */
  get unwritten(): number {
    this.#forgetWritten();
    return this.#ends.length;
  }

  #forgetWritten(): void {
    const { bytesWritten } = this.#sink.stats();
    const waiting = this.#ends.findIndex((end) => end > bytesWritten);
    this.#ends.splice(0, waiting < 0 ? this.#ends.length : waiting);
  }
}
