const DURATION_MS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["us", 0.001],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** As GNU coreutils interpret them: K and KiB are 1024, KB is 1000. */
const SIZE_BYTES: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ["k", 1024],
  ["kib", 1024],
  ["kb", 1000],
  ["m", 1024 ** 2],
  ["mib", 1024 ** 2],
  ["mb", 1000 ** 2],
  ["g", 1024 ** 3],
  ["gib", 1024 ** 3],
  ["gb", 1000 ** 3],
]);

/** Milliseconds in `100`, `100ms`, `1.5s`, `2m`, `1h`, `1d` or `250us`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, DURATION_MS);
}

/** Bytes in `1000000`, `64KiB`, `64MiB`, `1GB` or `64K`; undefined for anything else and for fractions of a byte. */
export function parseSize(text: string): number | undefined {
  const bytes = parseQuantity(text.toLowerCase(), SIZE_BYTES);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A non-negative integer, written in digits; undefined for anything else. */
export function parseCount(text: string): number | undefined {
  const count = /^\d+$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(count) ? count : undefined;
}

function parseQuantity(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?) ?([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units.get(unit);
  if (digits === undefined || factor === undefined) return undefined;
  const value = Number(digits) * factor;
  return Number.isFinite(value) ? value : undefined;
}
