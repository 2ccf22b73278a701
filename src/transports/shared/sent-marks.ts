/** Most positions of a connection, each with its count: two numbers of 8 bytes. */
const MARKS_MAX = 4096;

/**
 * Remembers at which byte positions of a connection how many lines had ended. Recent writes are all remembered, older
 * ones more and more coarsely, so that a connection of any length costs 64 KiB.
 */
export class SentMarks {
  #positions: number[] = [];
  #counts: number[] = [];
  #bytes = 0;
  #lines = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Notes a write of so many bytes, in which so many lines ended. */
  note(bytes: number, lines: number): void {
    this.#bytes += bytes;
    this.#lines += lines;
    this.#positions.push(this.#bytes);
    this.#counts.push(this.#lines);
    if (this.#positions.length > MARKS_MAX) this.#thin();
  }

  /** Number of lines that end within the last `bytes`; never too small, and exact for recent writes. */
  linesInLast(bytes: number): number {
    const position = this.#bytes - bytes;
    let low = 0;
    for (let high = this.#positions.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#positions[middle] ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return this.#lines - (this.#counts[low - 1] ?? 0);
  }

  /** Forgets every second mark of the older half. */
  #thin(): void {
    const isKept = (_: number, at: number): boolean => at >= MARKS_MAX / 2 || at % 2 === 1;
    this.#positions = this.#positions.filter(isKept);
    this.#counts = this.#counts.filter(isKept);
  }
}
