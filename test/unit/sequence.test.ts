import fc from "fast-check";
import { expect, test } from "vitest";
import { Sequence } from "../../src/lab/sequence.ts";

function sequenceOf(numbers: readonly number[]): Sequence {
  const sequence = new Sequence();
  for (const number of numbers) sequence.add(number);
  return sequence;
}

test("numbers in order leave nothing to tell", () => {
  const sequence = sequenceOf(Array.from({ length: 1000 }, (_, i) => i));
  expect([sequence.seen, sequence.duplicates, sequence.reordered, sequence.gaps()]).toEqual([1000, 0, 0, []]);
});

test("missing numbers are ranges, from 0 on", () => {
  expect(sequenceOf([2, 3, 7]).gaps()).toEqual([
    [0, 1],
    [4, 6],
  ]);
});

test("what comes late is reordered, what comes twice a duplicate, and neither is a gap", () => {
  const sequence = sequenceOf([0, 2, 1, 1, 2, 3]);
  expect([sequence.seen, sequence.duplicates, sequence.reordered, sequence.gaps()]).toEqual([4, 2, 1, []]);
});

test("agrees with a plain set on any numbers in any order", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30)), (numbers) => {
      const sequence = sequenceOf(numbers);
      const distinct = new Set(numbers);
      const top = Math.max(-1, ...numbers);
      const missing = Array.from({ length: top + 1 }, (_, i) => i).filter((i) => !distinct.has(i));
      expect(sequence.seen).toBe(distinct.size);
      expect(sequence.duplicates).toBe(numbers.length - distinct.size);
      expect(sequence.highest).toBe(top);
      const gaps = sequence.gaps().flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i));
      expect(gaps).toEqual(missing);
    }),
  );
});
