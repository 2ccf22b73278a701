import { expect, test } from "vitest";
import type { Checkpoint } from "../../src/checkpoint/checkpoint.ts";
import { type StoredRun, StoredRuns } from "../../src/forwarder/engines/stored-runs.ts";
import { reconcile } from "../../src/forwarder/reconcile.ts";

const MARK: Checkpoint["file"] = { ...({} as Checkpoint["file"]), id: "a", begin: 0, offset: 100 };

const CHECKPOINT: Checkpoint = {
  version: 1,
  target: "memory",
  file: MARK,
  trail: [],
  sequence: 7,
  first: 0,
  generation: 0,
  inFlight: [],
  finished: [],
};

/** What the engine found, in the order in which it was stored. */
function runs(blocks: readonly (readonly [offset: number, sequence: number])[]): readonly StoredRun[] {
  const joined = new StoredRuns();
  for (const [offset, sequence] of blocks) joined.add({ file: "a", offset, length: 100, lines: 1, crc: 0, sequence });
  return joined.list;
}

test("what is stored without a gap is passed, with its number", () => {
  const found = {
    hasLostItsEnd: false,
    sequence: 9,
    runs: runs([
      [100, 8],
      [200, 9],
    ]),
  };
  expect(reconcile(CHECKPOINT, found)).toMatchObject({ offset: 300, sequence: 9, stored: [] });
});

test("behind a gap, the number stays: the next look-up must find the block again, which has a lower one", () => {
  const found = {
    hasLostItsEnd: false,
    sequence: 9,
    runs: runs([
      [300, 8],
      [100, 9],
    ]),
  };
  expect(reconcile(CHECKPOINT, found)).toMatchObject({ offset: 200, sequence: 7, stored: [{ start: 300, end: 400 }] });
});

test("blocks that follow one another take the memory of one", () => {
  const found = runs(Array.from({ length: 200_000 }, (_, n) => [100 * n, n + 1] as const));
  expect(found).toEqual([
    { file: "a", offset: 0, length: 20_000_000, lines: 200_000, sequence: 200_000, blocks: 200_000, first: 1 },
  ]);
  const stored = { hasLostItsEnd: true, sequence: 200_000, runs: found };
  expect(reconcile(CHECKPOINT, stored)).toMatchObject({ file: "a", offset: 20_000_000, sequence: 200_000 });
});

test("a stream that lost its end may hold more runs than a call takes arguments", () => {
  const found = runs(Array.from({ length: 200_000 }, (_, n) => [200 * n, n + 1] as const));
  expect(found.length).toBe(200_000);
  expect(reconcile(CHECKPOINT, { hasLostItsEnd: true, sequence: 200_000, runs: found }).stored.length).toBe(199_999);
});
