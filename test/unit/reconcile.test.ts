import { expect, test } from "vitest";
import type { Checkpoint } from "../../src/checkpoint/checkpoint.ts";
import { reconcile } from "../../src/forwarder/reconcile.ts";

const MARK: Checkpoint["file"] = { ...({} as Checkpoint["file"]), id: "a", offset: 100 };

const CHECKPOINT: Checkpoint = {
  version: 1,
  target: "memory",
  file: MARK,
  sequence: 7,
  first: 0,
  generation: 0,
  inFlight: [],
  finished: [],
};

function block(
  offset: number,
  sequence: number,
): { file: string; offset: number; length: number } & {
  lines: number;
  sequence: number;
} {
  return { file: "a", offset, length: 100, lines: 1, sequence };
}

test("what is stored without a gap is passed, with its number", () => {
  const found = { hasLostItsEnd: false, sequence: 9, blocks: [block(100, 8), block(200, 9)] };
  expect(reconcile(CHECKPOINT, found)).toMatchObject({ offset: 300, sequence: 9, stored: [] });
});

test("behind a gap, the number stays: the next look-up must find the block again, which has a lower one", () => {
  const found = { hasLostItsEnd: false, sequence: 9, blocks: [block(300, 8), block(100, 9)] };
  expect(reconcile(CHECKPOINT, found)).toMatchObject({ offset: 200, sequence: 7, stored: [{ start: 300, end: 400 }] });
});

test("a stream that lost its end may hold more blocks than a call takes arguments", () => {
  const blocks = Array.from({ length: 200_000 }, (_, n) => block(100 * n, n + 1));
  const found = { hasLostItsEnd: true, sequence: 200_000, blocks };
  expect(reconcile(CHECKPOINT, found)).toMatchObject({ file: "a", offset: 20_000_000 });
});
