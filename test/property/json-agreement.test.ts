import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LineChecker } from "../../src/records/line-checker.ts";
import { mutate, objectText, type Random, seededRandom } from "./json-inputs.ts";
import { referenceKind } from "./json-reference.ts";

/** Random and mutated lines to try; the long form sets it to ten million or more. */
const { JSON_AGREEMENT_INPUTS = "200000", JSON_AGREEMENT_SEED = String(Date.now() % 2 ** 31) } = process.env;
const INPUTS = Number(JSON_AGREEMENT_INPUTS);
const SEED = Number(JSON_AGREEMENT_SEED);
const LINES_PER_BLOCK = 1000;
const LF = Buffer.from("\n");

// Most lines are refused, and the stack traces of those errors are what takes the time.
Error.stackTraceLimit = 0;

/** The lines about which checker and reference differ, in a form to paste; also how many the reference passed. */
function compare(checker: LineChecker, lines: readonly Buffer[]): { differences: string[]; passed: number } {
  const { lines: counted, findings, table } = checker.check(Buffer.concat(lines.flatMap((line) => [line, LF])));
  expect(counted).toBe(lines.length);
  const differences: string[] = [];
  let passed = 0;
  let finding = 0;
  let start = 0;
  for (const line of lines) {
    const found = finding < findings && table[3 * finding] === start;
    const kind = found ? table[3 * finding + 2] : 0;
    const wanted = referenceKind(line);
    if (kind !== wanted || (found && table[3 * finding + 1] !== start + line.length)) {
      differences.push(`${JSON.stringify(line.toString("latin1"))}: ${kind}, not ${wanted}`);
    }
    passed += wanted === 0 ? 1 : 0;
    finding += found ? 1 : 0;
    start += line.length + LF.length;
  }
  expect(finding).toBe(findings);
  return { differences, passed };
}

function expectAgreement(lines: readonly Buffer[]): void {
  const checker = new LineChecker("json");
  for (let at = 0; at < lines.length; at += LINES_PER_BLOCK) {
    expect(compare(checker, lines.slice(at, at + LINES_PER_BLOCK)).differences).toEqual([]);
  }
}

/** All texts of `alphabet` up to a length. */
function textsOver(alphabet: string, lengthMax: number): string[] {
  const byLength = [[""]];
  for (let length = 1; length <= lengthMax; length++) {
    byLength.push((byLength.at(-1) ?? []).flatMap((text) => [...alphabet].map((letter) => text + letter)));
  }
  return byLength.flat();
}

describe("agreement with JSON.parse", () => {
  test("every number-like text up to five characters", () => {
    expectAgreement(textsOver("019.eE+-", 5).map((text) => Buffer.from(`{"a":${text}}`)));
  });

  test("every sequence of tokens up to six inside an object", () => {
    const tokens: Record<string, string> = { s: '"k"', c: ":", m: ",", o: "{", p: "}", q: "[", r: "]", n: "1" };
    const lines = textsOver("scmopqrn", 6).map((text) =>
      Buffer.from(`{${text.replace(/./g, (t) => tokens[t] ?? "")}}`),
    );
    expectAgreement(lines);
  });

  test("every one or two bytes inside a string, after a backslash, and outside one", () => {
    const lines: Buffer[] = [];
    for (let pair = 0; pair < 65_536; pair++) {
      const bytes = String.fromCharCode(pair >> 8, pair & 0xff);
      lines.push(Buffer.from(`{"a":"${bytes}"}`, "latin1"), Buffer.from(`{"a":"\\${bytes}"}`, "latin1"));
      lines.push(Buffer.from(`{"a":1${bytes}}`, "latin1"));
    }
    expectAgreement(lines.filter((line) => !line.includes(LF)));
  });

  test("every lead byte before telling continuation bytes", () => {
    const tails = textsOver("\x20\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0", 3);
    const lines: Buffer[] = [];
    for (let lead = 0x80; lead <= 0xff; lead++) {
      lines.push(...tails.map((tail) => Buffer.from(`{"a":"${String.fromCharCode(lead)}${tail}"}`, "latin1")));
    }
    expectAgreement(lines);
  });

  test("any JSON value that fast-check thinks of", () => {
    const line = fc.tuple(fc.jsonValue({ stringUnit: "binary" }), fc.constantFrom("", "\r", " ", "x"));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (values) => {
        expectAgreement(values.map(([value, end]) => Buffer.from(JSON.stringify(value) + end)));
      }),
    );
  });

  test("any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array(), { maxLength: 20 }), (arrays) => {
        expectAgreement(arrays.map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a))));
      }),
    );
  });

  test(`${INPUTS} random and mutated lines (JSON_AGREEMENT_INPUTS), seed ${SEED} (JSON_AGREEMENT_SEED)`, {
    timeout: 0,
  }, () => {
    const random: Random = seededRandom(SEED);
    const checker = new LineChecker("json");
    let passed = 0;
    for (let done = 0; done < INPUTS; done += LINES_PER_BLOCK) {
      const lines: Buffer[] = [];
      while (lines.length < LINES_PER_BLOCK) {
        const object = Buffer.from(objectText(random, 3));
        lines.push(object, mutate(random, object), mutate(random, object), mutate(random, object));
      }
      const block = compare(checker, lines);
      expect(block.differences).toEqual([]);
      passed += block.passed;
    }
    // Both answers must have been put to the test.
    expect(passed / INPUTS).toBeGreaterThan(0.2);
    expect(passed / INPUTS).toBeLessThan(0.8);
  });
});
