import { pipeline, Readable } from "node:stream";
import ndjson from "ndjson";
import { OperationalError } from "../core/errors.ts";
import { DONE_EVENT_BYTES_MAX } from "../core/limits.ts";
import { readLogFile } from "./log-file.ts";

/** What a producer's `done` event says about one run. */
export interface SentClaim {
  readonly producer: string;
  readonly run: string;
  /** Lines that it counts as sent; they must be in the output. */
  readonly sent: number;
  /** Lines of all other classes, not sent or in doubt; they may be in the output. */
  readonly unsent: number;
  /** Its lines carry producer, run and seq. Lines that it relayed, or made with --plain, don't. */
  readonly isNumbered: boolean;
}

/**
 * Reads the `done` events from files with what producers printed on stdout. Other events are ignored.
 *
 * @throws OperationalError INPUT_UNREADABLE for a file that can't be read, is not JSON lines, or has no `done` event, and for two events
 *   of one run that disagree
 */
export async function readDoneEvents(paths: readonly string[]): Promise<SentClaim[]> {
  const claims = new Map<string, SentClaim>();
  for (const path of paths) {
    let found = 0;
    for await (const value of valuesIn(path)) {
      const claim = claimOf(value);
      if (claim === undefined) continue;
      found++;
      const key = JSON.stringify([claim.producer, claim.run]);
      const before = claims.get(key) ?? claim;
      if (before.sent !== claim.sent || before.unsent !== claim.unsent) {
        throw unreadable(path, `has a second, different done event of producer ${claim.producer}, run ${claim.run}`);
      }
      claims.set(key, claim);
    }
    if (found === 0) throw unreadable(path, "has no done event of a producer");
  }
  return [...claims.values()];
}

async function* valuesIn(path: string): AsyncGenerator<unknown> {
  const options = { strict: true, maxLength: DONE_EVENT_BYTES_MAX };
  const values = pipeline(Readable.from(readLogFile(path)), ndjson.parse(options), () => {});
  try {
    yield* values;
  } catch (cause) {
    if (cause instanceof OperationalError) throw cause;
    throw unreadable(path, "has a line that is not JSON", cause);
  }
}

function claimOf(value: unknown): SentClaim | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const event: Record<string, unknown> = { ...value };
  const { producer, run = "", sent, unsent } = event;
  if (event["event"] !== "done" || typeof producer !== "string" || typeof run !== "string" || !isCount(sent))
    return undefined;
  const classes = typeof unsent === "object" && unsent !== null ? Object.values(unsent) : [];
  return {
    producer,
    run,
    sent,
    unsent: classes.filter(isCount).reduce((sum, count) => sum + count, 0),
    isNumbered: event["numbered"] !== false,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function unreadable(path: string, fact: string, cause?: unknown): OperationalError {
  return new OperationalError("INPUT_UNREADABLE", `${path} ${fact}; pass what the producers print on stdout`, {
    cause,
  });
}
