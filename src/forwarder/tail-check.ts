import type { LogFile } from "./log-files.ts";

/** Enough for several lines, which have times in them; reading it takes a microsecond or two. */
const TAIL_BYTES = 4096;

/**
 * Notices that a file no longer has what was read from it: it was truncated, and may have grown beyond that position since,
 * so that its size proves nothing.
 */
export class TailCheck {
  readonly #file: LogFile;
  readonly #found: Buffer = Buffer.allocUnsafe(TAIL_BYTES);
  readonly #kept: Buffer = Buffer.allocUnsafe(TAIL_BYTES);
  #end = 0;
  /** Of the bytes before the end, as they were read. */
  #bytes = 0;

  /** @param end what is before it has just been compared with a mark */
  constructor(file: LogFile, end: number) {
    this.#file = file;
    this.passed(end);
  }

  /** Whether the file still has what was read last. */
  isIntact(): boolean {
    const found = this.#found.subarray(0, this.#bytes);
    if (this.#file.read(found, this.#end - this.#bytes) < this.#bytes) return false;
    return found.equals(this.#kept.subarray(0, this.#bytes));
  }

  /** These bytes end there. */
  read(bytes: Buffer, end: number): void {
    this.#end = end;
    this.#bytes = bytes.copy(this.#kept, 0, Math.max(0, bytes.length - TAIL_BYTES));
  }

  /** What comes before this was passed over. */
  passed(end: number): void {
    const tail = this.#kept.subarray(0, Math.min(end, TAIL_BYTES));
    this.#end = end;
    this.#bytes = this.#file.read(tail, end - tail.length);
  }
}
