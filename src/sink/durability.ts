/**
 * When what was written is made safe against a power cut: never, at an interval, or at once (`ack`: as soon as the last
 * sync is over, all that came meanwhile together).
 */
export type Durability =
  | { readonly mode: "none" }
  | { readonly mode: "interval"; readonly intervalMs: number }
  | { readonly mode: "ack" };

/** What a durability means for the sink. Nothing else in it asks for the mode. */
export interface SyncPolicy {
  /** What is written stays in memory until it is safe, so that it can be written again to another file. */
  readonly retains: boolean;
  /** Files are synced; without it what is written counts as safe. */
  readonly syncs: boolean;
  /** What is written may be acknowledged before it is synced. */
  readonly confirmsOnWrite: boolean;
  /** From a write to its sync at most, milliseconds; 0: as soon as the last sync is over. */
  readonly intervalMs: number;
}

export function syncPolicy(durability: Durability): SyncPolicy {
  switch (durability.mode) {
    case "none":
      return { retains: false, syncs: false, confirmsOnWrite: true, intervalMs: 0 };
    case "interval":
      return { retains: false, syncs: true, confirmsOnWrite: true, intervalMs: durability.intervalMs };
    case "ack":
      return { retains: true, syncs: true, confirmsOnWrite: false, intervalMs: 0 };
  }
}
