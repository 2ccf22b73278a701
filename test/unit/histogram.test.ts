import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bucketLow,
  bucketOf,
  countFrom,
  Histogram,
  type HistogramData,
  histogramPercentile,
  mergeHistograms,
} from "../../src/lab/statistics/histogram.ts";

const values = fc.array(fc.nat({ max: 20_000_000_000 }), { minLength: 1, maxLength: 300 });

function dataOf(recorded: readonly number[]): HistogramData {
  const histogram = new Histogram();
  for (const value of recorded) histogram.record(value);
  return histogram.data();
}

test("a value lies in its bucket, which is at most a 64th of it wide", () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 50 }), (value) => {
      const [low, high] = [bucketLow(bucketOf(value)), bucketLow(bucketOf(value) + 1)];
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThan(value);
      expect(high - low).toBeLessThanOrEqual(Math.max(1, value / 64));
    }),
  );
});

test("count, sum and maximum are exact, and percentiles are within a 64th", () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (recorded, share) => {
      const data = dataOf(recorded);
      const sorted = recorded.toSorted((a, b) => a - b);
      expect(data).toMatchObject({ count: recorded.length, sum: recorded.reduce((a, b) => a + b), max: sorted.at(-1) });
      const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0; // nearest rank
      expect(Math.abs((histogramPercentile(data, share) ?? 0) - exact)).toBeLessThanOrEqual(Math.ceil(exact / 64));
    }),
  );
});

test("a histogram of several is that of all their values", () => {
  fc.assert(
    fc.property(values, values, (some, others) => {
      expect(mergeHistograms([dataOf(some), dataOf(others)])).toEqual(dataOf([...some, ...others]));
    }),
  );
});

test("what is at least so large is counted by bucket", () => {
  const data = dataOf([10, 20, 30, 1000, 2000]);
  expect([countFrom(data, 0), countFrom(data, 20), countFrom(data, 21), countFrom(data, 3000)]).toEqual([5, 4, 3, 0]);
  expect(histogramPercentile(dataOf([]), 0.5)).toBeUndefined();
});
