import type { SentClaim } from "./done-events.ts";
import type { Reading } from "./reading.ts";
import type { RunVerdict } from "./run-verdict.ts";

/** What should be in the files. */
export interface Expectation {
  /** Distinct lines of all producers. */
  readonly lines?: number;
  /** Distinct producer names. */
  readonly producers?: number;
}

/** Lines or producers that should be in the files but were not found. */
export type AbsenceKind = "missing" | "lost" | "fewerLines" | "fewerProducers";

/** Something in the files that should not be there. */
export type FaultKind =
  | "exceeded"
  | "jumps"
  | "duplicates"
  | "reordered"
  | "unplaced"
  | "invalid"
  | "torn"
  | "moreLines"
  | "moreProducers";

/** What was not checked, or can't be compared. */
export type LimitKind = "others" | "oversize" | "unread" | "unclaimed" | "unnumbered";

export interface Finding {
  readonly kind: AbsenceKind | FaultKind | LimitKind;
  /** More than 0. */
  readonly count: number;
}

export interface Findings {
  /** What is wrong. */
  readonly flaws: readonly Finding[];
  /** Why the verdict may be wrong, and what may seem to be absent only for that reason. */
  readonly doubts: readonly Finding[];
}

export interface Evidence {
  readonly expected: Expectation;
  readonly claims: readonly SentClaim[] | undefined;
}

/** What is wrong with what was read, and what can't be decided from it. */
export function findingsOf(reading: Reading, runs: readonly RunVerdict[], { expected, claims }: Evidence): Findings {
  const sum = (count: (run: RunVerdict) => number): number => runs.reduce((total, run) => total + count(run), 0);
  const lines = sum((run) => run.lines);
  const unplaced = sum((run) => run.unplaced);
  const producers = new Set(runs.filter((run) => run.lines > 0).map((run) => run.producer)).size;
  const { lines: linesExpected = lines, producers: producersExpected = producers } = expected;
  const limits = limitsOf(reading, runs, claims);
  // A line that was not read may be one that seems to be missing; a line of a producer that is not accounted for may satisfy a claim.
  const isPartlyRead = reading.oversize + reading.unread.length > 0;
  const isPartlyKnown = isPartlyRead || reading.others > 0;
  const missing = found([["missing", sum((run) => (run.claim === null ? run.missing : 0))]]);
  const absent = found([
    ["lost", sum((run) => run.claim?.lost ?? 0)],
    ["fewerLines", linesExpected - lines - unplaced],
    ["fewerProducers", producersExpected - producers],
  ]);
  const faults = found([
    ["exceeded", sum((run) => (run.claim?.isExceeded === true ? 1 : 0))],
    ["jumps", sum((run) => run.jumps.length + run.moreJumps)],
    ["duplicates", sum((run) => run.duplicates)],
    ["reordered", sum((run) => run.reordered)],
    ["unplaced", unplaced],
    ["invalid", reading.invalid],
    ["torn", reading.torn.length],
    ["moreLines", lines - linesExpected],
    ["moreProducers", producers - producersExpected],
  ]);
  return {
    flaws: [...(isPartlyRead ? [] : missing), ...(isPartlyKnown ? [] : absent), ...faults],
    doubts: [...limits, ...(isPartlyRead ? missing : []), ...(isPartlyKnown ? absent : [])],
  };
}

function limitsOf(reading: Reading, runs: readonly RunVerdict[], claims: Evidence["claims"]): Finding[] {
  return found([
    ["others", reading.others],
    ["oversize", reading.oversize],
    ["unread", reading.unread.length],
    ["unclaimed", claims === undefined ? 0 : runs.filter((run) => run.claim === null).length],
    ["unnumbered", claims?.filter((claim) => !claim.isNumbered && claim.sent > 0).length ?? 0],
  ]);
}

function found(counts: readonly (readonly [Finding["kind"], number])[]): Finding[] {
  return counts.filter(([, count]) => count > 0).map(([kind, count]) => ({ kind, count }));
}
