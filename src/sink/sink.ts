import type { Backpressure } from "../core/backpressure.ts";
import type { Quantity } from "../core/quantity.ts";

/** Bytes appended since the sink was made. */
export type SinkPosition = Quantity<"sink position">;

/** Appends whole lines to one file, in order. */
export interface Sink extends AsyncDisposable {
  /** Takes a copy of whole lines (each ending in LF). Never refuses: backpressure() asks callers to wait. */
  append(lines: Buffer, count: number): void;
  /** A promise while more bytes wait for the file than the queue allows. */
  backpressure(): Backpressure;
  /** Where the next line will begin. */
  position(): SinkPosition;
  /**
   * Everything before this position may be acknowledged: synced under durability "ack", otherwise handed to the kernel.
   */
  confirmed(): SinkPosition;
  /** Calls back whenever confirmed() has grown. */
  onConfirmed(listener: (upTo: SinkPosition) => void): void;
  /**
   * Writes and syncs what was appended so far, as far as the durability asks for it. Resolves when that is done or took
   * too long.
   */
  flush(): Promise<void>;
  stats(): SinkStats;
  /** Flushes and closes the file; lines that can't be written in time are counted. Idempotent. */
  close(): Promise<void>;
}

export interface SinkStats {
  /** Appended since open, whether written yet or not. */
  readonly linesAppended: number;
  readonly bytesAppended: number;
  /** Handed to the kernel by write(2). */
  readonly bytesWritten: number;
  /** Safe according to the durability setting. */
  readonly bytesDurable: number;
  /** Written after a file's last successful sync, whose next sync failed: they may not survive a power cut. */
  readonly bytesSuspect: number;
  /** Waiting for the file. */
  readonly bytesQueued: number;
  /** Lines given up at close() because the file accepted no more; 0 before. */
  readonly linesUnwritten: number;
  /** The file refuses writes now, with this errno. */
  readonly stalled: string | undefined;
  /** Rotated files removed because a limit was reached, and their bytes. */
  readonly removedFiles: number;
  readonly removedBytes: number;
  /** Of these, bytes that were not forwarded yet. */
  readonly removedUnforwardedBytes: number;
  /** How long backpressure() has asked callers to wait, milliseconds in total. */
  readonly pausedMs: number;
  /** How long the oldest line that isn't durable has waited, milliseconds; 0 where there is none. */
  readonly waitingMs: number;
}
