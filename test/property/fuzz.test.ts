import { describe, expect, test } from "vitest";
import { FUZZ_TARGETS } from "../support/fuzz/targets.ts";
import { seededRandom } from "../support/json-inputs.ts";
import { PROPERTY_FACTOR } from "../support/property-runs.ts";

const { FUZZ_SEED = String(Date.now() % 2 ** 31) } = process.env;

describe(`random inputs, seed ${FUZZ_SEED} (FUZZ_SEED)`, () => {
  test.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))("%s", (_, target) => {
    target.fuzz(seededRandom(Number(FUZZ_SEED)), target.short * PROPERTY_FACTOR);
  });

  test("ten million in the long form", () => {
    expect(FUZZ_TARGETS.reduce((sum, { long }) => sum + long, 0)).toBe(10_000_000);
  });
});
