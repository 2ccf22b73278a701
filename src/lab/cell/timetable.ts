/** When a producer's lines were due, from its `done` event; docs/commands.md has the fields. */
export interface Timetable {
  /** CLOCK_MONOTONIC, ns. */
  readonly startedAtNs: number;
  readonly intervalMs: number;
  readonly linesPerTick: number;
}

/** The timetable in a `done` event; undefined where lines had no schedule. */
export function timetableIn(event: Readonly<Record<string, unknown>>): Timetable | undefined {
  const table = event["timetable"];
  return typeof table === "object" && table !== null ? (table as Timetable) : undefined;
}

/** When line `seq` was due, ns. By tick n, (n + 1) × linesPerTick lines are due; the product is rounded up where it is almost whole. */
export function dueNs({ startedAtNs, intervalMs, linesPerTick }: Timetable, seq: number): number {
  const tick = Math.ceil((seq + 1 - 1e-6) / linesPerTick) - 1;
  return startedAtNs + tick * intervalMs * 1e6;
}
