import type { RunAccount } from "./account.ts";
import type { SentClaim } from "./done-events.ts";
import type { Range, Sequence } from "./sequence.ts";

/** What the files say about one run of one producer. */
export interface RunVerdict {
  readonly producer: string;
  /** Empty for lines that name no run. */
  readonly run: string;
  /** Distinct lines. */
  readonly lines: number;
  /**
   * Numbers that are missing: below the highest, and with a claim all that the producer used. A lower bound when `unplaced` is
   * not 0.
   */
  readonly missing: number;
  /** Their ranges, as far as they are remembered, and how many more ranges there are. */
  readonly missingRanges: readonly Range[];
  readonly moreRanges: number;
  /** Gaps too wide to be lost lines: the number after each was more likely forged or damaged. */
  readonly jumps: readonly Range[];
  readonly moreJumps: number;
  readonly duplicates: number;
  /** Lines that follow a later one. */
  readonly reordered: number;
  /** Late lines for a range that is no longer remembered: each is a duplicate or a reordered line. */
  readonly unplaced: number;
  /** Unix time of the earliest and the latest line, s; null without a line. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  /** Null if no `done` event was given for this run. */
  readonly claim: ClaimVerdict | null;
}

/** What the producer says it sent, compared with the files. */
export interface ClaimVerdict {
  readonly sent: number;
  /** Not sent or in doubt: these may or may not be in the files. */
  readonly unsent: number;
  /** Lines counted as sent that can't be in the files, which have fewer lines. A lower bound when some are unsent. */
  readonly lost: number;
  /** The files have a number that the producer never used. */
  readonly isExceeded: boolean;
}

/** Judges a run by its lines and its producer's claim. At least one of the two is given. */
export function judgeRun(account: RunAccount | undefined, claim: SentClaim | undefined): RunVerdict {
  const { producer = "", run = "" } = account ?? claim ?? {};
  const sequence = account?.sequence;
  return {
    producer,
    run,
    lines: sequence?.seen ?? 0,
    ...missingOf(sequence, claim),
    duplicates: sequence?.duplicates ?? 0,
    reordered: sequence?.reordered ?? 0,
    unplaced: sequence?.unplaced ?? 0,
    firstAt: account?.firstAt ?? null,
    lastAt: account?.lastAt ?? null,
    claim: claim === undefined ? null : judgeClaim(sequence, claim),
  };
}

type Missing = Pick<RunVerdict, "missing" | "missingRanges" | "moreRanges" | "jumps" | "moreJumps">;

function missingOf(sequence: Sequence | undefined, claim: SentClaim | undefined): Missing {
  const given = claim === undefined ? 0 : claim.sent + claim.unsent;
  const highest = sequence?.highest ?? -1;
  const gaps = sequence?.gaps() ?? [];
  const jumps = sequence?.jumps() ?? [];
  const moreRanges = sequence?.forgottenGaps ?? 0;
  const moreJumps = sequence?.forgottenJumps ?? 0;
  if (highest >= given) {
    return { missing: sequence?.missing ?? 0, missingRanges: gaps, moreRanges, jumps, moreJumps };
  }
  // The producer says how far it got, so even the widest gap below that is missing lines.
  const last: Range[] = highest < given - 1 ? [[highest + 1, given - 1]] : [];
  const missingRanges = [...gaps, ...jumps, ...last].sort(([a], [b]) => a - b);
  const missing = Math.max(0, given - (sequence?.seen ?? 0) - (sequence?.unplaced ?? 0));
  return { missing, missingRanges, moreRanges: moreRanges + moreJumps, jumps: [], moreJumps: 0 };
}

function judgeClaim(sequence: Sequence | undefined, { sent, unsent }: SentClaim): ClaimVerdict {
  const given = sent + unsent;
  const present = (sequence?.seenBelow(given) ?? 0) + (sequence?.unplaced ?? 0);
  return { sent, unsent, lost: Math.max(0, sent - present), isExceeded: (sequence?.highest ?? -1) >= given };
}
