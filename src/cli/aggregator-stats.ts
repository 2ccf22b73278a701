import type { AggregateLedger, Aggregator } from "../app/aggregate.ts";
import { printEvent } from "./events.ts";

/** Prints the ledger while the aggregator runs: when asked by SIGUSR1, and at an interval where one is given. */
export class StatsEvents {
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #print: () => void;

  /** @param intervalMs undefined: only when asked */
  constructor(aggregator: Aggregator, intervalMs: number | undefined) {
    this.#print = () => printLedger("stats", aggregator.ledger());
    process.on("SIGUSR1", this.#print);
    if (intervalMs !== undefined) this.#timer = setInterval(this.#print, intervalMs);
  }

  /** The signal stays harmless: its listener is taken away only with the process. */
  close(): void {
    clearInterval(this.#timer);
  }
}

/** The ledger as an event; `seconds` since the process began. */
export function printLedger(event: "stats" | "closed", ledger: AggregateLedger): void {
  printEvent({ event, seconds: Number(process.uptime().toFixed(3)), ...ledger });
}
