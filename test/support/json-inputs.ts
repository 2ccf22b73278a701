/**
 * Inputs for the agreement test that depend only on a seed: random JSON objects, slips in their grammar, mutated bytes.
 */

/** Whole numbers from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** mulberry32: small, and the same on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

function pick<Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
  return items[random(items.length)] ?? items[0];
}

const SPACES = ["", "", "", "", "", "", " ", "  ", "\t", "\r", " \t\r "] as const;
const NUMBERS = [
  "0",
  "-0",
  "7",
  "42",
  "-1.5",
  "1e5",
  "1E-7",
  "2.25e+10",
  "1700000000123456789",
  "0.1",
  "1e400",
] as const;
const LITERALS = ["true", "false", "null"] as const;
const TEXTS = [
  "",
  "a",
  "level",
  "INFO",
  "connection closed",
  "0123456789abcdef0123456789ABCDEF-",
  "ü",
  "日本",
  "🙂",
  "\u007f",
] as const;
const ESCAPES = [
  '\\"',
  "\\\\",
  "\\/",
  "\\b",
  "\\f",
  "\\n",
  "\\r",
  "\\t",
  "\\u0041",
  "\\ud83d\\ude42",
  "\\uDEAD",
  "\\uabCD",
] as const;
const SLIPS = [
  ",",
  ":",
  "]",
  "}",
  "[",
  "{",
  '"',
  "\\",
  "\\u12g4",
  "\\x",
  "01",
  "1.",
  "-",
  "+1",
  ".5",
  "NaN",
  "tru",
  "nullx",
  "\u0000",
  "\u001f",
  "\u00a0",
  "\ufeff",
  "//",
  "'a'",
] as const;

/** Random JSON objects with random space; one production in 60 is replaced by a slip. */
export function objectText(random: Random, depth: number): string {
  return container(random, "{}", () => `${string(random)}${space(random)}:${value(random, depth)}`);
}

function container(random: Random, [open, close]: "{}" | "[]", item: () => string): string {
  const items = Array.from({ length: random(random(8) + 1) }, item);
  return `${open}${space(random)}${items.join(`${space(random)},${space(random)}`)}${space(random)}${close}`;
}

function value(random: Random, depth: number): string {
  return space(random) + slipOr(random, () => unslippedValue(random, depth)) + space(random);
}

function unslippedValue(random: Random, depth: number): string {
  switch (random(depth > 0 ? 8 : 6)) {
    case 0:
    case 1:
      return number(random);
    case 2:
      return pick(random, LITERALS);
    case 6:
      return objectText(random, depth - 1);
    case 7:
      return container(random, "[]", () => value(random, depth - 1));
    default:
      return string(random);
  }
}

function number(random: Random): string {
  return random(2) === 0 ? pick(random, NUMBERS) : String((random(2 ** 31) - 2 ** 30) / 10 ** random(9));
}

function string(random: Random): string {
  const parts = Array.from({ length: random(5) }, () =>
    slipOr(random, () => (random(4) === 0 ? pick(random, ESCAPES) : pick(random, TEXTS))),
  );
  return `"${parts.join("")}"`;
}

function space(random: Random): string {
  return random(4) === 0 ? pick(random, SPACES) : "";
}

function slipOr(random: Random, make: () => string): string {
  return random(60) === 0 ? pick(random, SLIPS) : make();
}

const LINE_FEED = 0x0a;
const GRAMMAR_BYTES = Buffer.from(
  '"\\{}[]:,0123456789-+.eE/truefalsnbu \t\r\0\x1f\x7f\x80\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xed\xee\xef\xf0\xf4\xf5\xff',
  "latin1",
);

/** Changes up to three places: replaces, inserts, deletes or repeats bytes. Never inserts a line feed. */
export function mutate(random: Random, line: Buffer): Buffer {
  let bytes = [...line];
  for (let changes = random(4); changes > 0; changes--) {
    const at = random(bytes.length + 1);
    const byte = random(2) === 0 ? random(256) : (GRAMMAR_BYTES[random(GRAMMAR_BYTES.length)] ?? 0);
    const length = 1 + random(4);
    switch (random(5)) {
      case 0:
        bytes.splice(at, 1, byte);
        break;
      case 1:
        bytes.splice(at, 0, byte);
        break;
      case 2:
        bytes.splice(at, length);
        break;
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, at + length));
        break;
      default:
        bytes[at % (bytes.length + 1)] = (bytes[at] ?? 0) ^ (1 << random(8));
    }
  }
  bytes = bytes.map((byte) => (byte === LINE_FEED ? 0x0b : byte));
  return Buffer.from(bytes);
}
