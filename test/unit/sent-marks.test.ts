import { expect, test } from "vitest";
import { SentMarks } from "../../src/transports/shared/sent-marks.ts";

/** Marks of writes of so many bytes each, one line in every one. */
function marksOf(writes: readonly number[]): SentMarks {
  const marks = new SentMarks();
  for (const bytes of writes) marks.note(bytes, 1);
  return marks;
}

test("nothing was written: no line lies in the last bytes", () => {
  expect(marksOf([]).linesInLast(0)).toBe(0);
  expect(marksOf([]).linesInLast(1000)).toBe(0);
});

test("a line lies in the last bytes when its end does", () => {
  const marks = marksOf([100, 200, 300]);
  expect([0, 1, 299, 300, 301, 500, 501, 600, 9999].map((bytes) => marks.linesInLast(bytes))).toEqual([
    0, 1, 1, 1, 2, 2, 3, 3, 3,
  ]);
});

test("a write of several lines counts as a whole, and one that ends none not at all", () => {
  const marks = new SentMarks();
  marks.note(640, 64);
  marks.note(5, 0);
  marks.note(5, 1);
  expect([5, 6, 10, 11].map((bytes) => marks.linesInLast(bytes))).toEqual([1, 1, 1, 65]);
});

test("of a long connection it is exact for what is recent, never too few for the rest, and bounded", () => {
  const marks = new SentMarks();
  const writes = 100_000;
  for (let n = 0; n < writes; n++) marks.note(10, 1);
  for (const lines of [0, 1, 7, 1000]) expect(marks.linesInLast(10 * lines)).toBe(lines);
  for (const lines of [3000, 10_000, 50_000, writes]) {
    expect(marks.linesInLast(10 * lines)).toBeGreaterThanOrEqual(lines);
    expect(marks.linesInLast(10 * lines)).toBeLessThanOrEqual(writes);
  }
});
