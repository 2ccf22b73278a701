import { DIRECT_WRITE_BYTES_MIN, FAST_WRITES, SLOW_WRITE_MS, SLOW_WRITES, WRITE_BYTES_PER_MS } from "../core/tuning.ts";

/**
 * Whether the file is slow: SLOW_WRITES writes in a row were slow, and since then no FAST_WRITES in a row were fast.
 * One slow write means nothing, because it may have waited for a processor.
 */
export class WritePace {
  #isSlow = false;
  /** Writes in a row that contradict isSlow. */
  #doubts = 0;

  get isSlow(): boolean {
    return this.#isSlow;
  }

  /** Notes a write: its bytes and how long it took. */
  note(bytes: number, ms: number): void {
    const wasSlow = ms > Math.max(SLOW_WRITE_MS, bytes / WRITE_BYTES_PER_MS);
    if (wasSlow !== this.#isSlow) this.#doubts++;
    // A short write may be fast where a long one isn't.
    else if (wasSlow || bytes >= DIRECT_WRITE_BYTES_MIN) this.#doubts = 0;
    if (this.#doubts < (this.#isSlow ? FAST_WRITES : SLOW_WRITES)) return;
    this.#isSlow = wasSlow;
    this.#doubts = 0;
  }
}
