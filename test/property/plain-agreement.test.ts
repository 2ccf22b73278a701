import fc from "fast-check";
import { describe, test } from "vitest";
import type { LineCheck } from "../../src/records/line-checker.ts";
import { expectAgreement } from "../support/line-agreement.ts";
import { runs } from "../support/property-runs.ts";

const CHECKS: readonly LineCheck[] = ["shape", "none", "json"];

/** Few letters and those that matter, so that every pair of neighbours comes often. */
const letter = fc.constantFrom("{", "}", "\r", " ", "\t", "x", "\0", "\x7f", "\xff");
const run = fc.tuple(letter, fc.integer({ min: 0, max: 70 })).map(([text, length]) => text.repeat(length));
const line = fc.oneof(
  { weight: 4, arbitrary: run.map((text) => `{${text}}`) },
  { weight: 2, arbitrary: fc.array(letter, { maxLength: 4 }).map((letters) => letters.join("")) },
  { weight: 1, arbitrary: fc.array(run, { maxLength: 4 }).map((runs) => runs.join("")) },
);

describe("agreement with a plain reading of each line", () => {
  test.each(CHECKS)("%s: any lines, in any order", (check) => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
        expectAgreement(
          check,
          lines.map((text) => Buffer.from(text, "latin1")),
        );
      }),
      runs(100),
    );
  });

  test.each(CHECKS)("%s: lines that need attention at every distance from the end of a window", (check) => {
    // 17 bytes in all, so that padding by 0 to 16 bytes puts each of them at every place around a window's end.
    const lines = ["{}", "xxxxxxxxx", "{}\r"].map((text) => Buffer.from(text));
    const many = Array.from({ length: 20_000 }, () => lines).flat();
    for (let padding = 0; padding < 17; padding++) {
      expectAgreement(check, [Buffer.from(`{}${" ".repeat(padding)}`), ...many]);
    }
  });
});
