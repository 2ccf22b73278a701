/** The longest pause keeps the stall after an engine's return below a second. */
const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 500;

/** Pauses between attempts: each twice as long as the one before, up to a limit, and half of it random. */
export class Backoff {
  readonly #limitsMs: { readonly min: number; readonly max: number };
  #ms: number;

  constructor(limitsMs: { readonly min: number; readonly max: number } = { min: PAUSE_MS_MIN, max: PAUSE_MS_MAX }) {
    this.#limitsMs = limitsMs;
    this.#ms = limitsMs.min;
  }

  /** An attempt has succeeded. */
  reset(): void {
    this.#ms = this.#limitsMs.min;
  }

  /** Milliseconds before the next attempt. */
  next(random: number = Math.random()): number {
    const ms = this.#ms;
    this.#ms = Math.min(2 * ms, this.#limitsMs.max);
    return ms / 2 + (ms / 2) * random;
  }
}
