import { parseCount } from "../../../core/units.ts";
import { EngineError } from "../engine.ts";
import type { HttpAnswer } from "./http-client.ts";

/** What an answer says of the request's records. */
export type Verdict =
  /** All are accepted, but so many; the message may also be a warning. */
  | { readonly kind: "accepted"; readonly rejected: number; readonly message: string }
  /** They are invalid, and must not be sent again as they are. */
  | { readonly kind: "refused"; readonly message: string };

/**
 * After these a request is sent again: those of OTLP/HTTP, and 408, with which a server says that it hasn't received the whole
 * request (RFC 9110), so it has stored nothing of it.
 */
const RETRYABLE: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** The records are invalid, or too long together. With any other status, each single line would be refused likewise. */
const ABOUT_RECORDS: ReadonlySet<number> = new Set([400, 413, 422]);

/** What the server doesn't like is not in the lines. */
const HOPELESS: Readonly<Record<number, string>> = {
  401: "check --headers-file or LOG_FORWARDER_OTLP_HEADERS",
  403: "check --headers-file or LOG_FORWARDER_OTLP_HEADERS",
  404: "check the path of --to",
  405: "check the path of --to",
  431: "check --headers-file or LOG_FORWARDER_OTLP_HEADERS",
  407: "forwarding through a proxy is not supported",
  415: "it must accept OTLP as application/json with gzip",
};

/** A server whose clock is wrong, or who has mistyped a number, must not stop forwarding for days. */
const PAUSE_MS_MAX: number = 10 * 60 * 1000;
/** Of a server's message, this much is shown. */
const MESSAGE_LENGTH_MAX = 300;

/** @param subject the server, for the message @throws EngineError where the answer isn't about the records */
export function verdictOf(answer: HttpAnswer, subject: string): Verdict {
  const { status, location, retryAfter, body, isWhole } = answer;
  const fact = `${subject} answers ${[status, messageIn(body)].filter((part) => part !== "").join(", ")}`;
  if (status >= 200 && status < 300) {
    if (isWhole) return partialSuccess(body);
    const unknown = `${subject} answers ${status} with more than ${body.length} bytes: which lines it has accepted is unknown`;
    throw new EngineError("giveUp", `${unknown}; check that it is an OTLP server`);
  }
  if (RETRYABLE.has(status)) throw new EngineError("retry", fact, { pauseMs: pauseOf(retryAfter, Date.now()) });
  if (location !== undefined && status < 400)
    throw new EngineError("giveUp", `${subject} redirects to ${location}; pass that address, if you trust it`);
  const remedy = HOPELESS[status];
  if (remedy !== undefined) throw new EngineError("giveUp", `${fact}; ${remedy}`);
  if (ABOUT_RECORDS.has(status)) return { kind: "refused", message: fact };
  throw new EngineError("giveUp", `${fact}, after which OTLP allows no second attempt; look into the server's log`);
}

/** Milliseconds, of a number of seconds or a date. @param nowMs since 1970 */
export function pauseOf(retryAfter: string | undefined, nowMs: number): number {
  if (retryAfter === undefined) return 0;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - nowMs;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), PAUSE_MS_MAX);
}

/** An answer that isn't OTLP's says no more than its status. */
function partialSuccess(body: string): Verdict {
  const { partialSuccess: part } = objectIn(body);
  const { rejectedLogRecords, errorMessage } = isObject(part) ? part : {};
  const rejected = parseCount(isObject(rejectedLogRecords) ? "" : String(rejectedLogRecords)) ?? 0;
  return { kind: "accepted", rejected, message: typeof errorMessage === "string" ? shortened(errorMessage) : "" };
}

/** OTLP's Status has a message; other servers answer with text. */
function messageIn(body: string): string {
  const { message } = objectIn(body);
  return shortened(typeof message === "string" ? message : body);
}

function shortened(message: string): string {
  return message
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, MESSAGE_LENGTH_MAX);
}

function objectIn(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
