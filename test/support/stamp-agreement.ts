import assert from "node:assert/strict";
import { LINE_KIND, LineChecker } from "../../src/records/line-checker.ts";
import type { LineStamper } from "../../src/records/line-stamper.ts";
import { recordCounts } from "../../src/records/normalizer.ts";
import type { Random } from "./json-inputs.ts";
import { stampedLine } from "./stamp-model.ts";
import { bytesOfWrapped } from "./wrapped.ts";

/** What the file gets for lines without LF. */
export function stamp(stamper: LineStamper, lines: readonly Buffer[], value: string): string[] {
  const counts = recordCounts();
  const stored: Buffer[] = [];
  let count = 0;
  const store = (bytes: Buffer, more: number): void => {
    stored.push(Buffer.from(bytes));
    count += more;
  };
  const block = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));
  stamper.stamp(block, value, { counts, output: { store } });
  const result = Buffer.concat(stored).toString("latin1").split("\n");
  assert.equal(result.pop(), "");
  assert.deepEqual([counts.checked, count, result.length], [lines.length, lines.length - counts.blank, count]);
  return result;
}

/** Compares with the model, line by line. @returns how many lines were objects */
export function expectAgreement(stamper: LineStamper, lines: readonly Buffer[], text: string): number {
  const value = Buffer.from(text).toString("latin1");
  const stored = stamp(stamper, lines, text);
  const invalid = invalidLines(lines);
  let objects = 0;
  let at = 0;
  for (const [index, line] of lines.entries()) {
    const isObject = !invalid.has(index);
    const wanted = stampedLine(line, value, isObject);
    if (wanted !== undefined) {
      objects++;
      assert.equal(stored[at++], wanted);
    } else if (!isObject) {
      const record = stored[at++] ?? "";
      const end = `,"_trusted":${value}}`;
      assert.equal(record.slice(-end.length), end);
      const withoutCr = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
      const wrapped = Buffer.from(`${record.slice(0, -end.length)}}`, "latin1").toString();
      assert(bytesOfWrapped(wrapped).equals(withoutCr), wrapped);
    }
  }
  assert.equal(at, stored.length);
  return objects;
}

const checker = new LineChecker("json");

/** Indexes of the lines that aren't objects: that check has agreement tests of its own. */
function invalidLines(lines: readonly Buffer[]): Set<number> {
  const starts = new Map<number, number>();
  let start = 0;
  for (const [index, line] of lines.entries()) {
    starts.set(start, index);
    start += line.length + 1;
  }
  const block = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));
  const { findings, table } = checker.check(block);
  const invalid = new Set<number>();
  for (let i = 0; i < 3 * findings; i += 3) {
    if (table[i + 2] === LINE_KIND.invalid) invalid.add(starts.get(table[i] ?? -1) ?? -1);
  }
  return invalid;
}

/** The name with some characters as escapes, in either case; often with a slip. */
function spelled(random: Random): string {
  const name = random(4) === 0 ? ["_truste", "_trustedd", "Trusted", "_trusteD", "\\\\u005ftrusted"][random(5)] : "";
  const text = name || "_trusted";
  const escaped = random(2) === 0 ? 0 : random(9);
  return [...text].map((letter) => (random(8) < escaped ? asEscape(random, letter) : letter)).join("");
}

function asEscape(random: Random, letter: string): string {
  const digits = letter.charCodeAt(0).toString(16).padStart(4, "0");
  return `\\u${random(2) === 0 ? digits : digits.toUpperCase()}`;
}

/** A record of its own for readers that also end lines at other characters than LF. */
const HIDDEN = '{"m":"x","_trusted":{"uid":0}}';
const LINE_ENDS = ["\r", "\u0085", "\u2028", "\u2029"] as const;

export function forgedLine(random: Random): Buffer {
  if (random(4) === 0) return Buffer.from(hidden(random));
  const nested = random(3) === 0 ? `"n":{"${spelled(random)}":[{"_trusted":1}]},` : "";
  const text = random(3) === 0 ? `"s":"\\"_trusted\\":1",` : "";
  const keys = Array.from({ length: random(4) + 1 }, () => `"${spelled(random)}" :{"uid":0},`).join("");
  const end = ["", " ", "\r", " \t\r"][random(4)] ?? "";
  return Buffer.from(`${random(5) === 0 ? " " : ""}{${nested}${keys}${text}"z":0}${end}`);
}

/** The record between ends of lines: as a value, where only CR is allowed, or in a string. */
function hidden(random: Random): string {
  const end = LINE_ENDS[random(LINE_ENDS.length)] ?? "";
  if (end === "\r") return `{"a":${end}${HIDDEN}${end},${end}"b"${end}:[${end}]}`;
  const inString = random(2) === 0 ? HIDDEN : JSON.stringify(HIDDEN).slice(1, -1);
  return random(2) === 0 ? `{"a":"${end}${inString}${end}"}` : `{"a":"${end}{","_trusted":":${end}"}`;
}

/** What readers see that end lines wherever Unicode does (such as Python's splitlines()): objects with who sent them. */
export function usersIn(record: string): unknown[] {
  return Buffer.from(record, "latin1")
    .toString()
    .split(/[\n\v\f\r\u0085\u2028\u2029]/)
    .flatMap((part) => {
      try {
        const { _trusted } = JSON.parse(part);
        return _trusted === undefined ? [] : [_trusted.uid];
      } catch {
        return [];
      }
    });
}
