import { LongNumber } from "./json-line.ts";

/** 1973: smaller numbers are durations and counters. */
const SECONDS_MIN = 1e8;
/** The year 5138. Seconds are below it, and the smaller units each a thousand times higher. */
const SECONDS_MAX = 1e11;
/** Digits behind the decimal point that lead from a unit to nanoseconds: of s, ms, µs and ns. */
const UNIT_DIGITS = [9, 6, 3, 0] as const;
const DECIMAL = /^(\d+)(?:\.(\d+))?$/;
/** ISO 8601 with a zone. A time without one isn't guessed. */
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:?\d\d)$/;

/**
 * Nanoseconds since 1970, exactly as written, of a number of seconds, milliseconds, microseconds or nanoseconds (its size says
 * which) or of an ISO time; undefined for anything else.
 */
export function unixNanoOf(value: unknown): string | undefined {
  if (typeof value === "string") return nanoOfIso(value);
  const text = value instanceof LongNumber ? value.text : typeof value === "number" ? String(value) : "";
  const [, whole = "", fraction = ""] = DECIMAL.exec(text) ?? [];
  const number = Number(whole);
  if (number < SECONDS_MIN) return undefined;
  const unit = UNIT_DIGITS.find((_, thousands) => number < SECONDS_MAX * 1000 ** thousands);
  return unit === undefined ? undefined : shifted(whole, fraction, unit);
}

function nanoOfIso(text: string): string | undefined {
  const [, date, time, fraction = "", zone] = ISO.exec(text) ?? [];
  const ms = Date.parse(`${date}T${time}${zone}`);
  return ms >= 0 ? shifted(String(ms / 1000), fraction, 9) : undefined;
}

/** Moves the decimal point, without a float that would round. */
function shifted(whole: string, fraction: string, digits: number): string {
  return (whole + fraction.slice(0, digits).padEnd(digits, "0")).replace(/^0+(?=\d)/, "");
}
