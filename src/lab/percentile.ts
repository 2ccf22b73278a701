/** The value below which a share of the values lies (nearest rank); undefined without values. `share` is 0 to 1. */
export function percentile(ascending: readonly number[], share: number): number | undefined {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)];
}
