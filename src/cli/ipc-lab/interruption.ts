import { setImmediate as nextIteration } from "node:timers/promises";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Aborts at SIGINT and SIGTERM. Made before the command is loaded, so that they never end it without its clean-up. */
export class Interruption {
  readonly stop: AbortSignal;
  readonly #abort: (signal: NodeJS.Signals) => void;

  constructor() {
    const controller = new AbortController();
    this.stop = controller.signal;
    this.#abort = (signal) => controller.abort(signal);
    for (const signal of SIGNALS) process.on(signal, this.#abort);
  }

  /** Leaves signals to a command that has nothing to clean up, or handles them itself. One that has come ends the process. */
  async leave(): Promise<void> {
    // A signal that has come is handled in the next iteration.
    await nextIteration();
    for (const signal of SIGNALS) process.off(signal, this.#abort);
    if (this.stop.aborted) process.kill(process.pid, this.stop.reason);
  }
}
