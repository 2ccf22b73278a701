import { expect, test } from "vitest";
import { type OutputProgress, WriteProgress } from "../../src/cli/aggregator/supervised.ts";

/** What the checks of these states say, one after the other. */
function checks(...states: readonly [queuedBytes: number, bytesWritten: number, stalled?: string][]): boolean[] {
  const progress = new WriteProgress();
  return states.map(([queuedBytes, bytesWritten, stalled = null]) => {
    const state: OutputProgress = { queuedBytes, bytesWritten, stalled };
    return progress.check(state);
  });
}

test("nothing waits, or something is written: there is progress", () => {
  expect(checks([0, 0], [0, 0], [10, 0], [10, 50], [10, 60], [0, 70])).toEqual(Array(6).fill(true));
});

test("lines wait from one check to the next, and nothing is written: there is none, until something is", () => {
  expect(checks([10, 0], [10, 0], [20, 0], [20, 10])).toEqual([true, false, false, true]);
});

test("a full disk is waited for", () => {
  expect(checks([10, 0, "ENOSPC"], [10, 0, "ENOSPC"])).toEqual([true, true]);
});
