import type { SentClaim } from "./done-events.ts";
import type { Reading } from "./reading.ts";
import type { RunVerdict } from "./run-verdict.ts";

/** What must be in the files. */
export interface Expectation {
  /** Distinct lines of all producers. */
  readonly lines?: number;
  /** Distinct names. */
  readonly producers?: number;
}

/** What is wrong. */
export type FlawKind =
  | "missing"
  | "lost"
  | "exceeded"
  | "jumps"
  | "duplicates"
  | "reordered"
  | "unplaced"
  | "invalid"
  | "torn"
  | "expectedLines"
  | "expectedProducers";

/** Why an answer may be wrong: what was not looked at, or can't be compared. */
export type DoubtKind = "others" | "oversize" | "unread" | "unclaimed" | "unnumbered";

export interface Finding<Kind extends FlawKind | DoubtKind = FlawKind | DoubtKind> {
  readonly kind: Kind;
  /** Never 0. Of what was expected: how many more there are, or less than 0. */
  readonly count: number;
}

export function findFlaws(reading: Reading, runs: readonly RunVerdict[], expected: Expectation): Finding<FlawKind>[] {
  const sum = (count: (run: RunVerdict) => number): number => runs.reduce((total, run) => total + count(run), 0);
  const lines = sum((run) => run.lines);
  const producers = new Set(runs.filter((run) => run.lines > 0).map((run) => run.producer)).size;
  return found<FlawKind>([
    ["missing", sum((run) => (run.claim === null ? run.missing : 0))],
    ["lost", sum((run) => run.claim?.lost ?? 0)],
    ["exceeded", sum((run) => (run.claim?.isExceeded === true ? 1 : 0))],
    ["jumps", sum((run) => run.jumps.length + run.moreJumps)],
    ["duplicates", sum((run) => run.duplicates)],
    ["reordered", sum((run) => run.reordered)],
    ["unplaced", sum((run) => run.unplaced)],
    ["invalid", reading.invalid],
    ["torn", reading.torn.length],
    ["expectedLines", lines - (expected.lines ?? lines)],
    ["expectedProducers", producers - (expected.producers ?? producers)],
  ]);
}

export function findDoubts(
  reading: Reading,
  runs: readonly RunVerdict[],
  claims: readonly SentClaim[] | undefined,
): Finding<DoubtKind>[] {
  return found<DoubtKind>([
    ["others", reading.others],
    ["oversize", reading.oversize],
    ["unread", reading.unread.length],
    ["unclaimed", claims === undefined ? 0 : runs.filter((run) => run.claim === null).length],
    ["unnumbered", claims?.filter((claim) => !claim.isNumbered && claim.sent > 0).length ?? 0],
  ]);
}

function found<Kind extends FlawKind | DoubtKind>(counts: readonly (readonly [Kind, number])[]): Finding<Kind>[] {
  return counts.filter(([, count]) => count !== 0).map(([kind, count]) => ({ kind, count }));
}
