import {
  VERIFY_BYTES_MAX_DEFAULT,
  VERIFY_LINE_BYTES_MAX_DEFAULT,
  VERIFY_PRODUCERS_MAX_DEFAULT,
} from "../core/limits.ts";
import { Account } from "./account.ts";
import type { SentClaim } from "./done-events.ts";
import { type Expectation, type Findings, findingsOf } from "./findings.ts";
import { type Reading, type ReadingLimits, readInto } from "./reading.ts";
import { judgeRun, type RunVerdict } from "./run-verdict.ts";

export interface VerifyOptions extends Partial<ReadingLimits> {
  /** Most runs of producers accounted for; lines of further runs are only counted. */
  readonly producersMax?: number;
  readonly expected?: Expectation;
  /** What the producers report as sent. */
  readonly claims?: readonly SentClaim[];
}

/**
 * - complete: no flaw, and as many lines as were expected, or as their producers claim;
 * - intact: no flaw in the lines that are present; whether last lines or whole producers are missing can't be known;
 * - nothing: no line of a producer, so there is nothing to judge;
 * - undecided: no flaw was found, but not everything could be checked or compared;
 * - flawed: at least one flaw was found.
 */
export type Outcome = "complete" | "intact" | "nothing" | "undecided" | "flawed";

export interface Verdict extends Reading, Findings {
  readonly outcome: Outcome;
  readonly runs: readonly RunVerdict[];
}

/**
 * Reads files in the given order (rotated ones first) and accounts for the sequence numbers of every producer's runs. Time is
 * linear in the bytes and memory is bounded, whatever the files contain. `.gz` files are decompressed.
 *
 * @throws OperationalError INPUT_UNREADABLE for a file that can't be read
 */
export async function verify(paths: readonly string[], options: VerifyOptions = {}): Promise<Verdict> {
  const { bytesMax = VERIFY_BYTES_MAX_DEFAULT, lineBytesMax = VERIFY_LINE_BYTES_MAX_DEFAULT, claims } = options;
  const account = new Account(options.producersMax ?? VERIFY_PRODUCERS_MAX_DEFAULT);
  const reading = await readInto(account, paths, { bytesMax, lineBytesMax });
  const runs = judge(account, claims ?? []);
  const findings = findingsOf(reading, runs, { expected: options.expected ?? {}, claims });
  return { ...reading, outcome: outcomeOf(runs, findings, options), ...findings, runs };
}

/** The runs in the files, in the order of their first lines, and those that only claims name. */
function judge(account: Account, claims: readonly SentClaim[]): RunVerdict[] {
  const claimed = new Map(claims.map((claim) => [account.run(claim.producer, claim.run), claim]));
  const absent = claims.filter((claim) => claim.isNumbered && account.run(claim.producer, claim.run) === undefined);
  return [
    ...account.runs.map((run) => judgeRun(run, claimed.get(run))),
    ...absent.map((claim) => judgeRun(undefined, claim)),
  ];
}

function outcomeOf(
  runs: readonly RunVerdict[],
  { flaws, doubts }: Findings,
  { expected, claims }: VerifyOptions,
): Outcome {
  if (flaws.length > 0) return "flawed";
  if (doubts.length > 0) return "undecided";
  if (claims !== undefined || expected?.lines !== undefined) return "complete";
  return runs.length === 0 ? "nothing" : "intact";
}
