import type { Backpressure } from "../core/backpressure.ts";
import type { Quantity } from "../core/quantity.ts";

/** Bytes appended since the sink was made. */
export type SinkPosition = Quantity<"sink position">;

/** Appends whole lines to one file, in order. */
export interface Sink extends AsyncDisposable {
  /** Takes a copy of whole lines (each ending in LF). Never refuses: room() is how callers are held back. */
  append(lines: Buffer, count: number): void;
  /** A promise while more waits for the file than the queue may hold. */
  backpressure(): Backpressure;
  /** Where the next line will begin. */
  position(): SinkPosition;
  /** All before this position may be acknowledged: synced under durability "ack", else handed to the kernel. */
  confirmed(): SinkPosition;
  /** Calls back whenever confirmed() has grown. */
  onConfirmed(listener: (upTo: SinkPosition) => void): void;
  /** Resolves when all appended so far is as safe as it gets, or when that took too long. */
  flush(): Promise<void>;
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
  /** As safe as the durability setting makes them. */
  readonly bytesDurable: number;
  /** Written to a file after its last good sync, and its next one failed: they may not survive a power cut. */
  readonly bytesSuspect: number;
  /** Waiting for the file. */
  readonly bytesQueued: number;
  /** Lines given up at close() because the file took no more; 0 before. */
  readonly linesUnwritten: number;
  /** The file refuses writes just now, with this errno. */
  readonly stalled: string | undefined;
  /** Rotated files removed because a limit was reached, and their bytes. */
  readonly removedFiles: number;
  readonly removedBytes: number;
  /** How long room() has asked callers to wait, milliseconds in all. */
  readonly pausedMs: number;
}
