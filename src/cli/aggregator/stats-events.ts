import type { AggregateLedger, Aggregator } from "../../aggregator/aggregator.ts";
import { printEvent } from "../events.ts";

/** Prints the ledger while the aggregator runs: upon SIGUSR2, and at an interval if one is given. */
export class StatsEvents {
  #timer: NodeJS.Timeout | undefined;
  #aggregator: Aggregator | undefined;
  #asked = false;

  /** To be made before the aggregator listens: until then SIGUSR2 ends the process. */
  constructor() {
    process.on("SIGUSR2", () => this.#print());
  }

  /** @param intervalMs undefined: only upon SIGUSR2 */
  begin(aggregator: Aggregator, intervalMs: number | undefined): void {
    this.#aggregator = aggregator;
    if (intervalMs !== undefined) this.#timer = setInterval(() => this.#print(), intervalMs);
    if (this.#asked) this.#print();
  }

  /** The signal stays harmless: its listener remains until the process ends. */
  close(): void {
    clearInterval(this.#timer);
  }

  #print(): void {
    this.#asked = this.#aggregator === undefined;
    if (this.#aggregator !== undefined) printLedger("stats", this.#aggregator.ledger());
  }
}

/** The ledger as an event; `seconds` since the process began. */
export function printLedger(event: "stats" | "closed", ledger: AggregateLedger): void {
  printEvent({ event, seconds: Number(process.uptime().toFixed(3)), ...ledger });
}
