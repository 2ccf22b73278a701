import type { Sink, SinkStats } from "../../src/sink/sink.ts";

/** A sink in which everything is safe as soon as it is appended. It keeps nothing. */
export class MemorySink implements Sink {
  #lines = 0;
  #bytes = 0;

  append(lines: Buffer, count: number): void {
    this.#lines += count;
    this.#bytes += lines.length;
  }

  backpressure(): undefined {
    return undefined;
  }

  position(): number {
    return this.#bytes;
  }

  confirmed(): number {
    return this.#bytes;
  }

  onConfirmed(): void {}

  async flush(): Promise<void> {}

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  stats(): SinkStats {
    return {
      linesAppended: this.#lines,
      bytesAppended: this.#bytes,
      bytesWritten: this.#bytes,
      bytesDurable: this.#bytes,
      bytesSuspect: 0,
      bytesQueued: 0,
      linesUnwritten: 0,
      stalled: undefined,
      removedFiles: 0,
      removedBytes: 0,
      removedUnforwardedBytes: 0,
      pausedMs: 0,
      waitingMs: 0,
    };
  }
}
