import type { AggregateLedger, Aggregator } from "../../aggregator/aggregator.ts";

/** Reports the ledger while the aggregator runs: upon SIGUSR2, and at an interval if one is given. */
export class StatsEvents {
  readonly #report: (ledger: AggregateLedger) => void;
  #timer: NodeJS.Timeout | undefined;
  #aggregator: Aggregator | undefined;
  #asked = false;

  /** To be made before the aggregator listens: until then SIGUSR2 ends the process. */
  constructor(report: (ledger: AggregateLedger) => void) {
    this.#report = report;
    process.on("SIGUSR2", () => this.#printStats());
  }

  /** @param intervalMs undefined: only upon SIGUSR2 */
  begin(aggregator: Aggregator, intervalMs: number | undefined): void {
    this.#aggregator = aggregator;
    if (intervalMs !== undefined) this.#timer = setInterval(() => this.#printStats(), intervalMs);
    if (this.#asked) this.#printStats();
  }

  /** The signal stays harmless: its listener remains until the process ends. */
  close(): void {
    clearInterval(this.#timer);
  }

  #printStats(): void {
    this.#asked = this.#aggregator === undefined;
    if (this.#aggregator !== undefined) this.#report(this.#aggregator.ledger());
  }
}
