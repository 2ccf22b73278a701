import { closeSync, openSync, readSync } from "node:fs";

/** How many of the load generator's lines are in a file, and in which state. */
export interface VerifiedLines {
  /** Exactly as sent, and seen for the first time. */
  readonly whole: number;
  readonly duplicate: number;
  /** Not as any sender made them: torn, mixed, rewritten. */
  readonly torn: number;
  /** Whole, but after a later line of the same sender. */
  readonly outOfOrder: number;
}

const READ_BYTES = 4 * 1024 * 1024;
const LF = 0x0a;
const NUMBER_AT = 5;
const NUMBER_FIRST = 1_000_000_000;
const SENDER_AT = 20;
const SENDER_FIRST = 1000;
const TIMED_BYTES_MIN = 58;
const LETTERS = 26;

/** Compares every line of the files with what load-generator.c sends (its head says what that is). */
export function verifyLines(paths: readonly string[], lineBytes: number): VerifiedLines {
  const lines = new Lines(lineBytes);
  for (const path of paths) {
    const fd = openSync(path, "r");
    const memory = Buffer.allocUnsafe(READ_BYTES);
    for (let kept = 0; ; ) {
      const bytes = readSync(fd, memory, kept, memory.length - kept, null);
      if (bytes === 0) {
        if (kept > 0) lines.torn++;
        break;
      }
      const used = lines.verify(memory.subarray(0, kept + bytes));
      memory.copyWithin(0, used, kept + bytes);
      kept = kept + bytes - used;
      if (kept === memory.length) throw new Error(`${path} has a line of more than ${READ_BYTES} bytes`);
    }
    closeSync(fd);
  }
  return { whole: lines.whole, duplicate: lines.duplicate, torn: lines.torn, outOfOrder: lines.outOfOrder };
}

class Lines {
  whole = 0;
  duplicate = 0;
  torn = 0;
  outOfOrder = 0;
  readonly #lineBytes: number;
  readonly #timeAt: number;
  /** The end of a line after its number, sender and time, for each filler letter. */
  readonly #lineEnds: readonly Buffer[];
  readonly #seen = new Map<number, { numbers: Uint8Array; last: number }>();

  constructor(lineBytes: number) {
    this.#lineBytes = lineBytes;
    const timed = lineBytes >= TIMED_BYTES_MIN;
    this.#timeAt = timed ? 29 : 24;
    const head = `,"m":"`;
    const filler = lineBytes - (timed ? 48 : 24) - head.length - 3;
    this.#lineEnds = Array.from({ length: LETTERS }, (_, letter) =>
      Buffer.from(`${head}${String.fromCharCode(97 + letter).repeat(filler)}"}\n`),
    );
  }

  /** Verifies the whole lines. @returns how many bytes they have */
  verify(bytes: Buffer): number {
    let start = 0;
    while (start + this.#lineBytes <= bytes.length) {
      if (this.#isWhole(bytes, start)) {
        start += this.#lineBytes;
        continue;
      }
      const end = bytes.indexOf(LF, start);
      if (end < 0) break;
      this.torn++;
      start = end + 1;
    }
    return start;
  }

  #isWhole(bytes: Buffer, start: number): boolean {
    const number = digits(bytes, start + NUMBER_AT, 10) - NUMBER_FIRST;
    const sender = digits(bytes, start + SENDER_AT, 4) - SENDER_FIRST;
    if (number < 0 || sender < 0) return false;
    const lineEnd = this.#lineEnds[(number + sender) % LETTERS];
    const end = start + this.#lineBytes;
    if (lineEnd === undefined || bytes.compare(lineEnd, 0, lineEnd.length, end - lineEnd.length, end) !== 0)
      return false;
    if (bytes.toString("latin1", start, start + NUMBER_AT) !== `{"n":`) return false;
    if (bytes.toString("latin1", start + 15, start + SENDER_AT) !== `,"s":`) return false;
    if (this.#timeAt === 29 && bytes.toString("latin1", start + 24, start + 29) !== `,"t":`) return false;
    this.#note(number, sender);
    return true;
  }

  #note(number: number, sender: number): void {
    let seen = this.#seen.get(sender);
    if (seen === undefined) {
      seen = { numbers: new Uint8Array(1 << 16), last: -1 };
      this.#seen.set(sender, seen);
    }
    if (number >= seen.numbers.length) {
      const numbers = new Uint8Array(2 * number);
      numbers.set(seen.numbers);
      seen.numbers = numbers;
    }
    if (seen.numbers[number] === 1) {
      this.duplicate++;
      return;
    }
    seen.numbers[number] = 1;
    this.whole++;
    if (number < seen.last) this.outOfOrder++;
    else seen.last = number;
  }
}

/** The number that `count` digits make, or -1. */
function digits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = 10 * value + digit;
  }
  return value;
}
