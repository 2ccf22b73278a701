import type { Backpressure } from "../core/backpressure.ts";

/** Appends whole lines to one file, in order. */
export interface Sink extends AsyncDisposable {
  /** Takes a copy of whole lines (each ending in LF). Never refuses: room() is how callers are held back. */
  append(lines: Buffer, count: number): void;
  /** A promise while more waits for the file than the queue may hold. */
  room(): Backpressure;
  stats(): SinkStats;
  /** Writes what waits and closes the file; what can't be written in time is counted. Idempotent. */
  close(): Promise<void>;
}

export interface SinkStats {
  /** Appended since open, whether written yet or not. */
  readonly linesAppended: number;
  readonly bytesAppended: number;
  /** Handed to the kernel by write(2). */
  readonly bytesWritten: number;
  /** Waiting for the file. */
  readonly bytesQueued: number;
  /** Lines given up at close() because the file took no more; 0 before. */
  readonly linesUnwritten: number;
  /** The file refuses writes just now, with this errno. */
  readonly stalled: string | undefined;
}
