import { expect, test } from "vitest";
import { percentile } from "../../src/lab/percentile.ts";

const TEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

test.each([
  [0, 1],
  [0.1, 1],
  [0.11, 2],
  [0.5, 5],
  [0.9, 9],
  [0.99, 10],
  [1, 10],
])("the value at %d of ten is the smallest with at least that share at or below it: %d", (share, value) => {
  expect(percentile(TEN, share)).toBe(value);
});

test("of one value it is that value, of none it is undefined", () => {
  for (const share of [0, 0.5, 1]) {
    expect(percentile([7], share)).toBe(7);
    expect(percentile([], share)).toBeUndefined();
  }
});
