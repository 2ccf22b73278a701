/** No-break space: a number and its unit stay on one line. */
const NBSP = "\u00a0";

/** 73 µs, 2.0 ms, 1.3 s: one digit after the point below 10, none above. */
export function duration(ns: number): string {
  if (ns < 1e3) return `${digits(ns)}${NBSP}ns`;
  if (ns < 999.5e3) return `${digits(ns / 1e3)}${NBSP}µs`;
  if (ns < 999.5e6) return `${digits(ns / 1e6)}${NBSP}ms`;
  return `${digits(ns / 1e9)}${NBSP}s`;
}

/** 1, 2.5, 60, 1,200. */
export function digits(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) < 0.095) return value.toPrecision(1);
  return Math.abs(value) < 9.95 ? value.toFixed(1) : whole(value);
}

/** 100,000. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** 28 %, 0.4 %; never "0 %" for what is more than nothing, nor "100 %" for less than everything. */
export function percent(share: number): string {
  const value = 100 * share;
  if (value === 0) return `0${NBSP}%`;
  if (value < 0.1) return `under 0.1${NBSP}%`;
  if (value < 1 || (value > 99 && value < 100)) return `${Math.min(99.9, value).toFixed(1)}${NBSP}%`;
  return `${whole(value)}${NBSP}%`;
}

/** 100 k, 1.5 M: rates in plots and tables. */
export function short(value: number): string {
  if (value >= 999.5e3) return `${trimmed(value / 1e6)}${NBSP}M`;
  if (value >= 1e3) return `${trimmed(value / 1e3)}${NBSP}k`;
  return whole(value);
}

function trimmed(value: number): string {
  return value < 9.95 ? value.toFixed(1).replace(/\.0$/, "") : whole(value);
}

/** 4,096 B, 64 KiB, 55 MB. */
export function bytes(value: number): string {
  if (value >= 1e6) return `${digits(value / 1e6)}${NBSP}MB`;
  return `${whole(value)}${NBSP}B`;
}

/** 2.7 times as long. */
export function times(ratio: number): string {
  return `${digits(ratio)}${NBSP}times`;
}

/** one, two … twelve, then digits. */
export function counted(count: number): string {
  return NUMBERS[count] ?? whole(count);
}

const NUMBERS = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/** 26 Nov 2026, in UTC. */
export function day(iso: string): string {
  return new Date(iso).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
}
