import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LineChecker } from "../../src/records/line-checker.ts";
import { mutate, objectText, seededRandom } from "../support/json-inputs.ts";
import { expectAgreement } from "../support/line-agreement.ts";
import { PROPERTY_FACTOR } from "../support/property-runs.ts";

const { JSON_AGREEMENT_INPUTS = String(20_000 * PROPERTY_FACTOR), JSON_AGREEMENT_SEED = String(Date.now() % 2 ** 31) } =
  process.env;

/** Random and mutated lines to try; ten million and more in the long form. */
const INPUTS = Number(JSON_AGREEMENT_INPUTS);
const SEED = Number(JSON_AGREEMENT_SEED);
const LINES_PER_BLOCK = 1000;

// Most lines are refused, and the stack traces of those errors are what takes the time.
Error.stackTraceLimit = 0;

function expectJsonAgreement(lines: readonly Buffer[]): void {
  const checker = new LineChecker("json");
  for (let at = 0; at < lines.length; at += LINES_PER_BLOCK) {
    expectAgreement("json", lines.slice(at, at + LINES_PER_BLOCK), checker);
  }
}

/** All texts over the alphabet up to a length. */
function textsOver(alphabet: string, lengthMax: number): string[] {
  const byLength = [[""]];
  for (let length = 1; length <= lengthMax; length++) {
    byLength.push((byLength.at(-1) ?? []).flatMap((text) => [...alphabet].map((letter) => text + letter)));
  }
  return byLength.flat();
}

describe("agreement with JSON.parse", () => {
  test("every number-like text up to five characters", () => {
    expectJsonAgreement(textsOver("019.eE+-", 5).map((text) => Buffer.from(`{"a":${text}}`)));
  });

  test("every sequence of tokens up to six inside an object", { timeout: 60_000 }, () => {
    const tokens: Record<string, string> = { s: '"k"', c: ":", m: ",", o: "{", p: "}", q: "[", r: "]", n: "1" };
    const texts = textsOver("scmopqrn", 6).map((text) => text.replace(/./g, (letter) => tokens[letter] ?? ""));
    expectJsonAgreement(texts.map((text) => Buffer.from(`{${text}}`)));
  });

  test("every two bytes inside a string, after a backslash, and outside a string", { timeout: 60_000 }, () => {
    const pairs = Array.from({ length: 65_536 }, (_, pair) => String.fromCharCode(pair >> 8, pair & 0xff));
    const texts = pairs.filter((pair) => !pair.includes("\n"));
    expectJsonAgreement(
      texts.flatMap((text) => [`{"a":"${text}"}`, `{"a":"\\${text}"}`, `{"a":1${text}}`]).map(fromLatin1),
    );
  });

  test("every lead byte before telling continuation bytes", () => {
    const tails = textsOver("\x20\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0", 3);
    const leads = Array.from({ length: 0x80 }, (_, index) => String.fromCharCode(0x80 + index));
    expectJsonAgreement(leads.flatMap((lead) => tails.map((tail) => `{"a":"${lead}${tail}"}`)).map(fromLatin1));
  });

  test("any JSON value that fast-check thinks of", () => {
    const line = fc.tuple(fc.jsonValue({ stringUnit: "binary" }), fc.constantFrom("", "\r", " ", "x"));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (values) => {
        expectJsonAgreement(values.map(([value, end]) => Buffer.from(JSON.stringify(value) + end)));
      }),
    );
  });

  test("any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array(), { maxLength: 20 }), (arrays) => {
        expectJsonAgreement(arrays.map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a))));
      }),
    );
  });

  test(`${INPUTS} random and mutated lines (JSON_AGREEMENT_INPUTS), seed ${SEED} (JSON_AGREEMENT_SEED)`, {
    timeout: 60_000 + INPUTS / 2,
  }, () => {
    const random = seededRandom(SEED);
    const checker = new LineChecker("json");
    let passed = 0;
    for (let done = 0; done < INPUTS; done += LINES_PER_BLOCK) {
      const objects = Array.from({ length: LINES_PER_BLOCK / 4 }, () => Buffer.from(objectText(random, 3)));
      const lines = objects.flatMap((object) => [object, ...[1, 2, 3].map(() => mutate(random, object))]);
      passed += expectAgreement("json", lines, checker);
    }
    // Both answers must have been put to the test.
    expect(passed / INPUTS).toBeGreaterThan(0.2);
    expect(passed / INPUTS).toBeLessThan(0.8);
  });
});

function fromLatin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
