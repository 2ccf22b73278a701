/** Of a JSON object, by their names. */
export type Fields = Readonly<Record<string, unknown>>;

/** A number as it is written, where a double may not hold all of its digits. */
export class LongNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    return this.text;
  }
}

/** With its exponent, which may be long as well. */
const NUMBER = /-?(\d[\d.]*)(?:[eE][+-]?\d+)?/g;
/** A double holds each decimal number of 15 digits. */
const LONG_MANTISSA_LENGTH = 16;
const HAS_LONG_NUMBER = /\d[\d.]{15}/;
/** An escaped half of a surrogate pair; alone, it has no UTF-8. */
const HAS_SURROGATE = /\\u[dD][89a-fA-F]/;
/** At the beginning of a string that stands for a number. */
const TAG = "\u0000";
const TAGGED = /^\0-?\d[\d.]{15,}(?:[eE][+-]?\d+)?$/;

/**
 * The fields of a line that is a JSON object; undefined for another one. All strings have a UTF-8 form. Numbers of more than 15
 * digits are LongNumbers: Node 20 can't show JSON.parse()'s callers how a number is written.
 */
export function parseObject(line: string): Fields | undefined {
  const value = parse(line);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const hasSurrogate = HAS_SURROGATE.test(line);
  if (!hasSurrogate && !HAS_LONG_NUMBER.test(line)) return value as Fields;
  const reviveOne = hasSurrogate ? revive : untag;
  return JSON.parse(tagLongNumbers(line), (_key, part: unknown) => reviveOne(part));
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Makes a LongNumber of a string that stands for one. */
function untag(part: unknown): unknown {
  if (typeof part !== "string" || !part.startsWith(TAG) || !TAGGED.test(part)) return part;
  return new LongNumber(part.slice(TAG.length));
}

/** Does that, and makes strings and keys well-formed. */
function revive(tagged: unknown): unknown {
  const part = untag(tagged);
  if (typeof part === "string") return wellFormed(part);
  if (typeof part !== "object" || part === null || Array.isArray(part) || part instanceof LongNumber) return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [wellFormed(key), value]));
}

/** Half of a surrogate pair becomes U+FFFD. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** Makes strings of long numbers. @param line valid JSON */
function tagLongNumbers(line: string): string {
  let tagged = "";
  for (let at = 0; at < line.length; ) {
    const quote = line.indexOf('"', at);
    const end = quote < 0 ? line.length : quote;
    const between = line.slice(at, end);
    tagged += between.length < LONG_MANTISSA_LENGTH ? between : between.replace(NUMBER, tagIfLong);
    at = quote < 0 ? end : endOfString(line, quote);
    tagged += line.slice(end, at);
  }
  return tagged;
}

function tagIfLong(number: string, mantissa: string): string {
  return mantissa.length < LONG_MANTISSA_LENGTH ? number : `"\\u0000${number}"`;
}

/** @param start of its opening quote @returns the position behind its closing quote */
function endOfString(line: string, start: number): number {
  for (let at = line.indexOf('"', start + 1); at >= 0; at = line.indexOf('"', at + 1)) {
    let before = at;
    while (line[before - 1] === "\\") before--;
    // An even number of backslashes are escaped themselves.
    if ((at - before) % 2 === 0) return at + 1;
  }
  return line.length;
}
