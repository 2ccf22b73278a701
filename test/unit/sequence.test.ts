import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SEQUENCE_JUMP_MAX, VERIFY_RANGES_MAX, VERIFY_SEQUENCE_RANGES_MAX } from "../../src/core/limits.ts";
import { type Range, RangeBudget, Sequence } from "../../src/lab/sequence.ts";

const GENEROUS = 1e6;

function sequenceOf(numbers: Iterable<number>, budget: RangeBudget = new RangeBudget(GENEROUS, GENEROUS)): Sequence {
  const sequence = new Sequence(budget);
  for (const number of numbers) sequence.add(number);
  return sequence;
}

/** The same counts from a plain set. */
function oracle(numbers: readonly number[]): {
  seen: number;
  duplicates: number;
  reordered: number;
  missing: readonly number[];
} {
  const distinct = new Set<number>();
  let highest = -1;
  let reordered = 0;
  for (const number of numbers) {
    if (number < highest && !distinct.has(number)) reordered++;
    distinct.add(number);
    highest = Math.max(highest, number);
  }
  const missing = Array.from({ length: highest + 1 }, (_, i) => i).filter((i) => !distinct.has(i));
  return { seen: distinct.size, duplicates: numbers.length - distinct.size, reordered, missing };
}

function numbersIn(ranges: readonly Range[]): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
}

describe("Sequence", () => {
  test("numbers in order give no findings", () => {
    const sequence = sequenceOf(Array.from({ length: 1000 }, (_, i) => i));
    expect([sequence.seen, sequence.duplicates, sequence.reordered, sequence.gaps()]).toEqual([1000, 0, 0, []]);
  });

  test("missing numbers are ranges, from 0 on", () => {
    const sequence = sequenceOf([2, 3, 7]);
    expect([sequence.gaps(), sequence.missing]).toEqual([
      [
        [0, 1],
        [4, 6],
      ],
      5,
    ]);
  });

  test("what comes late is reordered, what comes twice a duplicate, and neither is a gap", () => {
    const sequence = sequenceOf([0, 2, 1, 1, 2, 3]);
    expect([sequence.seen, sequence.duplicates, sequence.reordered, sequence.gaps()]).toEqual([4, 2, 1, []]);
  });

  test("agrees with a plain set on any numbers in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30)), fc.nat(40), (numbers, limit) => {
        const sequence = sequenceOf(numbers);
        const { seen, duplicates, reordered, missing } = oracle(numbers);
        expect(sequence).toMatchObject({ seen, duplicates, reordered, missing: missing.length, unplaced: 0 });
        expect(numbersIn(sequence.gaps())).toEqual(missing);
        expect(sequence.highest).toBe(Math.max(-1, ...numbers));
        expect(sequence.seenBelow(limit)).toBe(new Set(numbers.filter((number) => number < limit)).size);
      }),
    );
  });
});

describe("Sequence with few ranges", () => {
  test("is exact while no number comes for a forgotten region, and bounds the truth when one does", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(60)),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 5 }),
        (numbers, own, all) => {
          const sequence = sequenceOf(numbers, new RangeBudget(all, own));
          const { seen, duplicates, reordered, missing } = oracle(numbers);
          const { unplaced } = sequence;
          expect(sequence.seen + sequence.duplicates + unplaced).toBe(numbers.length);
          const within = (value: number, truth: number): void => {
            expect(value).toBeLessThanOrEqual(truth);
            expect(value + unplaced).toBeGreaterThanOrEqual(truth);
          };
          within(sequence.seen, seen);
          within(sequence.duplicates, duplicates);
          within(sequence.reordered, reordered);
          within(sequence.missing, missing.length);
          expect(sequence.gaps().length).toBeLessThanOrEqual(Math.max(own, 1));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("counts exactly when numbers come in order, however many gaps there are", () => {
    const budget = new RangeBudget(100, 8);
    const sequence = sequenceOf(
      Array.from({ length: 100_000 }, (_, i) => 3 * i),
      budget,
    );
    expect(sequence).toMatchObject({ seen: 100_000, duplicates: 0, reordered: 0, unplaced: 0, missing: 199_998 });
    expect(sequence.gaps().length + sequence.forgottenGaps).toBe(99_999);
    expect(sequence.gaps().length).toBeLessThanOrEqual(8);
    expect(budget.left).toBeGreaterThanOrEqual(100 - 8);
  });

  test("gives back the ranges that have grown together", () => {
    const budget = new RangeBudget(100, 100);
    const sequence = sequenceOf([0, 2, 4, 6, 8], budget);
    expect(budget.left).toBe(95);
    for (const number of [1, 3, 5, 7]) sequence.add(number);
    expect(budget.left).toBe(99);
  });

  test("many sequences share one budget", () => {
    const budget = new RangeBudget(50, 40);
    const sequences = Array.from({ length: 20 }, () =>
      sequenceOf(
        Array.from({ length: 40 }, (_, i) => 2 * i),
        budget,
      ),
    );
    const gaps = sequences.reduce((sum, sequence) => sum + sequence.gaps().length, 0);
    expect(gaps).toBeLessThanOrEqual(50 + 20);
    for (const sequence of sequences) expect(sequence).toMatchObject({ seen: 40, missing: 39, unplaced: 0 });
  });

  test("100,000 gaps that come last to first take no longer than a limit on each number allows", () => {
    const budget = new RangeBudget(VERIFY_RANGES_MAX, VERIFY_SEQUENCE_RANGES_MAX);
    const sequence = sequenceOf(
      Array.from({ length: 100_000 }, (_, i) => 2 * (100_000 - i)),
      budget,
    );
    expect(sequence.seen + sequence.unplaced).toBe(100_000);
    expect(sequence.unplaced).toBeGreaterThan(0);
    expect(sequence.missing).toBeGreaterThan(0);
    expect(sequence.missing).toBeLessThanOrEqual(100_001);
  });
});

describe("a number out of reach", () => {
  const forged = Number.MAX_SAFE_INTEGER;

  test("is a jump, and no loss of all numbers below it", () => {
    const sequence = sequenceOf([0, 1, 2, forged]);
    expect(sequence).toMatchObject({ seen: 4, missing: 0, highest: forged });
    expect([sequence.gaps(), sequence.jumps()]).toEqual([[], [[3, forged - 1]]]);
  });

  test("makes no difference to other numbers, wherever it comes", () => {
    const honest = [0, 1, 4, 3, 3];
    for (let at = 0; at <= honest.length; at++) {
      const sequence = sequenceOf([...honest.slice(0, at), forged, ...honest.slice(at)]);
      expect([sequence.seen, sequence.duplicates, sequence.missing, sequence.gaps()]).toEqual([5, 1, 1, [[2, 2]]]);
      expect(sequence.jumps()).toEqual([[5, forged - 1]]);
    }
  });

  test("the widest gap and the narrowest jump", () => {
    expect(sequenceOf([0, SEQUENCE_JUMP_MAX + 1])).toMatchObject({ missing: SEQUENCE_JUMP_MAX });
    const jump = sequenceOf([0, SEQUENCE_JUMP_MAX + 2]);
    expect([jump.missing, jump.gaps(), jump.jumps()]).toEqual([0, [], [[1, SEQUENCE_JUMP_MAX + 1]]]);
  });

  test("is still known when it has been forgotten", () => {
    const numbers = [0, forged - 10, forged - 8, forged - 6, forged - 4];
    expect(sequenceOf(numbers, new RangeBudget(100, 2))).toMatchObject({ forgottenJumps: 1, missing: 3, seen: 5 });
  });
});
