import { expect, test } from "vitest";
import { parseCount, parseDuration, parseSize } from "../../src/core/units.ts";

test.each([
  ["100", 100],
  ["0", 0],
  ["100ms", 100],
  ["1s", 1000],
  ["1.5s", 1500],
  ["2m", 120_000],
  ["1h", 3_600_000],
  ["1d", 86_400_000],
  ["250us", 0.25],
  ["10 ms", 10],
])("the duration %s is %d ms", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(["", "ms", "-1", "1,5s", "1w", "1S", "NaN", "Infinity", "1e3", "0x10", " 1", "1s "])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  ["1000000", 1_000_000],
  ["64KiB", 65_536],
  ["64kib", 65_536],
  ["64K", 65_536],
  ["64kB", 64_000],
  ["64MiB", 67_108_864],
  ["1.5MiB", 1_572_864],
  ["1GiB", 1_073_741_824],
  ["2GB", 2_000_000_000],
  ["10B", 10],
])("the size %s is %d bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(["", "KiB", "-1", "1TiB", "0.5", "1.0001KiB", "9007199254740993GiB", "1e6"])("%j is no size", (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test.each([
  ["0", 0],
  ["007", 7],
  ["9007199254740991", Number.MAX_SAFE_INTEGER],
])("the count %s is %d", (text, count) => {
  expect(parseCount(text)).toBe(count);
});

test.each(["", "-1", "1.5", "1e3", "9007199254740992", "ten"])("%j is no count", (text) => {
  expect(parseCount(text)).toBeUndefined();
});
