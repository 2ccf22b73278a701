import { Gate } from "../core/backpressure.ts";

/**
 * Lets callers wait for a flush. Every listener flushes at shutdown, and then the sink is closed: calls for the same
 * bytes share one deadline.
 */
export class FlushWait {
  readonly #msMax: number;
  readonly #gate = new Gate();
  #deadline = { at: -1, untilMs: 0 };

  /** @param msMax how long callers wait together */
  constructor(msMax: number) {
    this.#msMax = msMax;
  }

  /** Somebody waits. */
  get isWanted(): boolean {
    return this.#gate.closed;
  }

  /** Resolves upon done(), or when it took too long. @param position up to which bytes are flushed */
  async until(position: number): Promise<void> {
    const now = performance.now();
    if (this.#deadline.at !== position) this.#deadline = { at: position, untilMs: now + this.#msMax };
    this.#gate.close();
    const timer = setTimeout(() => this.#gate.open(), Math.max(0, this.#deadline.untilMs - now));
    await this.#gate.pass();
    clearTimeout(timer);
  }

  done(): void {
    this.#gate.open();
  }
}
