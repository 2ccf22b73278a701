import { setImmediate as nextIteration, setTimeout as timer } from "node:timers/promises";
import { TIMER_SLACK_MS } from "../core/tuning.ts";
import { ThreadSleep } from "../os/thread-sleep.ts";

/**
 * Ticks at start + n × interval. Each is awaited by itself, so delays never add up. A timer runs until shortly before
 * the tick, then this thread sleeps, which ends far more precisely than a timer.
 */
export class Schedule {
  /** CLOCK_MONOTONIC at tick 0, ns. */
  readonly startedAtNs: number = Number(process.hrtime.bigint());
  readonly #intervalMs: number;
  readonly #stop: AbortSignal;
  readonly #startMs: number = performance.now();
  readonly #sleep = new ThreadSleep();

  constructor(intervalMs: number, stop: AbortSignal) {
    this.#intervalMs = intervalMs;
    this.#stop = stop;
  }

  /** When tick n is due, on the clock of performance.now(). */
  dueMs(tick: number): number {
    return this.#startMs + tick * this.#intervalMs;
  }

  /** A tick that comes after the next one was due is late. */
  isLate(tick: number): boolean {
    return performance.now() >= this.dueMs(tick + 1);
  }

  /** Resolves when tick n is due, immediately if it is overdue; earlier only when stopped. */
  async wait(tick: number): Promise<void> {
    const dueMs = this.dueMs(tick);
    const timerMs = Math.floor(dueMs - performance.now()) - TIMER_SLACK_MS;
    if (timerMs > 0) await timer(timerMs, undefined, { signal: this.#stop }).catch(() => {});
    // Signals and closed connections are noticed only in an iteration of the event loop.
    else await nextIteration();
    const remainingMs = dueMs - performance.now();
    if (remainingMs > 0 && !this.#stop.aborted) this.#sleep.for(remainingMs);
  }
}
