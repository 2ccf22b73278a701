import assert from "node:assert/strict";
import { describe, expect, test } from "vitest";
import { LineStamper } from "../../src/records/line-stamper.ts";
import { mutate, objectText, seededRandom } from "../support/json-inputs.ts";
import { PROPERTY_FACTOR } from "../support/property-runs.ts";
import { expectAgreement, forgedLine, stamp, usersIn } from "../support/stamp-agreement.ts";
import { topLevelKeys } from "../support/stamp-model.ts";

const { STAMP_INPUTS = String(5000 * PROPERTY_FACTOR), STAMP_SEED = String(Date.now() % 2 ** 31) } = process.env;

/** Random lines to try; ten million and more in the long form. */
const INPUTS = Number(STAMP_INPUTS);
const SEED = Number(STAMP_SEED);
const LINES_PER_BLOCK = 500;
const VALUES = ['{"pid":1}', '{"exe":"/usr/bin/ü","unit":null}', `{"long":"${"x".repeat(1500)}"}`] as const;

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
        assert.equal(names.indexOf("_trusted"), names.length - 1);
        assert.equal(JSON.stringify(JSON.parse(record)._trusted), '{"uid":7}');
        assert(
          usersIn(record).every((uid) => uid === 7),
          record,
        );
        forgeries += names.includes("_untrusted") ? 1 : 0;
      }
      expectAgreement(stamper, lines, VALUES[0]);
    }
    expect(forgeries / INPUTS).toBeGreaterThan(0.4);
  });
});

function fromLatin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
