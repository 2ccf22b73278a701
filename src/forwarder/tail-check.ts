import type { LogFile } from "./log-files.ts";

/** Enough for several lines, which have times in them; reading it takes a microsecond or two. */
const TAIL_BYTES = 4096;

/**
 * Notices that a file no longer has what was read from it: it was truncated, and may have grown beyond that position since,
 * so that its size tells nothing.
 */
export class TailCheck {
  readonly #file: LogFile;
  readonly #found: Buffer = Buffer.allocUnsafe(TAIL_BYTES);
  #end = 0;
  /** The bytes before the end, as they were read. */
  #tail: Buffer = this.#found.subarray(0, 0);

  /** @param end what is before it has just been compared with a mark */
  constructor(file: LogFile, end: number) {
    this.#file = file;
    this.passed(end);
  }

  /** Whether the file still has what was read last. */
  isIntact(): boolean {
    const found = this.#found.subarray(0, this.#tail.length);
    return this.#file.read(found, this.#end - found.length) === found.length && found.equals(this.#tail);
  }

  /** These bytes end there. They must not change from now on. */
  read(bytes: Buffer, end: number): void {
    this.#end = end;
    this.#tail = bytes.subarray(-TAIL_BYTES);
  }

  /** What comes before this was passed over. */
  passed(end: number): void {
    const tail = Buffer.allocUnsafe(Math.min(end, TAIL_BYTES));
    this.read(tail.subarray(0, this.#file.read(tail, end - tail.length)), end);
  }
}
