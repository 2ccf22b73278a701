import { describe, expect, test } from "vitest";
import { LINE_KIND, LineChecker } from "../../src/records/line-checker.ts";
import { LineStamper } from "../../src/records/line-stamper.ts";
import { recordCounts } from "../../src/records/normalizer.ts";
import { mutate, objectText, type Random, seededRandom } from "../support/json-inputs.ts";
import { PROPERTY_FACTOR } from "../support/property-runs.ts";
import { stampedLine, topLevelKeys } from "../support/stamp-model.ts";
import { bytesOfWrapped } from "../support/wrapped.ts";

const { STAMP_INPUTS = String(5000 * PROPERTY_FACTOR), STAMP_SEED = String(Date.now() % 2 ** 31) } = process.env;

/** Random lines to try; ten million and more in the long form. */
const INPUTS = Number(STAMP_INPUTS);
const SEED = Number(STAMP_SEED);
const LINES_PER_BLOCK = 500;
const VALUES = ['{"pid":1}', '{"exe":"/usr/bin/ü","unit":null}', `{"long":"${"x".repeat(1500)}"}`] as const;

/** What the file gets for lines without LF. */
function stamp(stamper: LineStamper, lines: readonly Buffer[], value: string): string[] {
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
  expect(result.pop()).toBe("");
  expect([counts.checked, count, result.length]).toEqual([lines.length, lines.length - counts.blank, count]);
  return result;
}

/** Compares with the model, line by line. @returns how many lines were objects */
function expectAgreement(stamper: LineStamper, lines: readonly Buffer[], text: string): number {
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
      expectSame(stored[at++], wanted);
    } else if (!isObject) {
      const record = stored[at++] ?? "";
      const end = `,"_trusted":${value}}`;
      expectSame(record.slice(-end.length), end);
      const withoutCr = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
      expect(
        bytesOfWrapped(Buffer.from(`${record.slice(0, -end.length)}}`, "latin1").toString()).equals(withoutCr),
      ).toBe(true);
    }
  }
  expect(at).toBe(stored.length);
  return objects;
}

/** As toBe(), which takes longer than all the rest here. */
function expectSame(actual: unknown, wanted: unknown): void {
  if (actual !== wanted) expect(actual).toBe(wanted);
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

function forgedLine(random: Random): Buffer {
  const nested = random(3) === 0 ? `"n":{"${spelled(random)}":[{"_trusted":1}]},` : "";
  const text = random(3) === 0 ? `"s":"\\"_trusted\\":1",` : "";
  const keys = Array.from({ length: random(4) + 1 }, () => `"${spelled(random)}" :{"uid":0},`).join("");
  const end = ["", " ", "\r", " \t\r"][random(4)] ?? "";
  return Buffer.from(`${random(5) === 0 ? " " : ""}{${nested}${keys}${text}"z":0}${end}`);
}

describe("agreement with plain JavaScript", () => {
  test("objects with and without members, space around every token, CR LF, blank and invalid lines", () => {
    const lines = [
      "{}",
      "{ }",
      "{\t\r}\r",
      '{"a":1}',
      ' {"a" : 1 } ',
      "",
      " \r",
      "x",
      "{",
      '{"a":"{"}',
      '{"_trusted":1}',
    ];
    const stamper = new LineStamper();
    for (const value of VALUES) expectAgreement(stamper, lines.map(fromLatin1), value);
    expect(stamp(stamper, ["{}", '{"a":[]}'].map(fromLatin1), "1")).toEqual([
      '{"_trusted":1}',
      '{"a":[],"_trusted":1}',
    ]);
  });

  test("lines of every length around a vector's, and longer than a window", () => {
    const stamper = new LineStamper();
    const lines = Array.from({ length: 140 }, (_, length) => fromLatin1(`{"_trusted":"${"x".repeat(length)}"}`));
    expectAgreement(stamper, lines, VALUES[0]);
    for (const bytes of [65_520, 65_536, 65_600, 300_000, 3_000_000]) {
      const long = fromLatin1(`{"_trusted":"${"x".repeat(bytes)}","_trusted":2}`);
      expectAgreement(stamper, [...lines.slice(0, 3), long, fromLatin1("x"), ...lines.slice(0, 3)], VALUES[2]);
    }
  });

  test("short lines that grow a hundredfold, and more findings than the table holds", () => {
    const stamper = new LineStamper();
    expectAgreement(
      stamper,
      Array.from({ length: 10_000 }, () => fromLatin1("{}")),
      VALUES[2],
    );
    const mixed = Array.from({ length: 12_000 }, (_, i) => fromLatin1(["{}", "", "x", '{"_trusted":0}'][i % 4] ?? ""));
    expectAgreement(stamper, mixed, VALUES[1]);
    const keys = `{${Array.from({ length: 1000 }, () => '"_trusted":1').join(",")}}`;
    expectAgreement(stamper, [fromLatin1(keys)], VALUES[0]);
  });

  test(`${INPUTS} random and mutated lines (STAMP_INPUTS), seed ${SEED} (STAMP_SEED)`, {
    timeout: 60_000 + INPUTS / 2,
  }, () => {
    const random = seededRandom(SEED);
    const stamper = new LineStamper();
    let objects = 0;
    for (let done = 0; done < INPUTS; done += LINES_PER_BLOCK) {
      const texts = Array.from({ length: LINES_PER_BLOCK / 2 }, () => Buffer.from(objectText(random, 3)));
      const lines = texts.flatMap((object) => [object, mutate(random, object)]);
      objects += expectAgreement(stamper, lines, VALUES[random(3)] ?? VALUES[0]);
    }
    expect(objects / INPUTS).toBeGreaterThan(0.2);
    expect(objects / INPUTS).toBeLessThan(0.9);
  });

  test(`${INPUTS} forgeries, none missed`, { timeout: 60_000 + INPUTS / 2 }, () => {
    const random = seededRandom(SEED);
    const stamper = new LineStamper();
    let forgeries = 0;
    for (let done = 0; done < INPUTS; done += LINES_PER_BLOCK) {
      const lines = Array.from({ length: LINES_PER_BLOCK }, () => forgedLine(random));
      for (const record of stamp(stamper, lines, '{"uid":7}')) {
        const names = topLevelKeys(record).map(([start, end]) => JSON.parse(record.slice(start, end)));
        expectSame(names.indexOf("_trusted"), names.length - 1);
        expectSame(JSON.stringify(JSON.parse(record)._trusted), '{"uid":7}');
        forgeries += names.includes("_untrusted") ? 1 : 0;
      }
      expectAgreement(stamper, lines, VALUES[0]);
    }
    expect(forgeries / INPUTS).toBeGreaterThan(0.5);
  });
});

function fromLatin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
