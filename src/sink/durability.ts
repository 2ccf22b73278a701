/**
 * When written lines are made safe against a power cut: never, at an interval, or immediately (`ack`: as soon as the
 * previous sync ends, one sync for all that was written meanwhile).
 */
export type Durability =
  | { readonly mode: "none" }
  | { readonly mode: "interval"; readonly intervalMs: number }
  | { readonly mode: "ack" };

/** What a durability means for the sink. Nothing else in the sink checks the mode. */
export interface SyncPolicy {
  /** Written lines stay in memory until they are safe, so that they can be written again to another file. */
  readonly retains: boolean;
  /** Files are synced; otherwise what is written counts as safe. */
  readonly syncs: boolean;
  /** Written lines may be acknowledged before they are synced. */
  readonly confirmsOnWrite: boolean;
  /** Longest time from a write to its sync, milliseconds; 0: as soon as the previous sync ends. */
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
