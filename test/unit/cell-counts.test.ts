import { expect, test } from "vitest";
import { Account } from "../../src/lab/account.ts";
import { type CountSources, cellCounts } from "../../src/lab/cell/cell-counts.ts";
import { measured, unmeasured } from "../../src/lab/results/measured.ts";

/** One sender that says what it sent, and the numbers of the lines in the file. */
function sources(sent: number, unsent: Record<string, number>, stored: readonly number[]): CountSources {
  const account = new Account(1);
  for (const seq of stored) account.add({ producer: "sender-1", run: "r", seq, sentAtNs: 0, timestamp: 0 });
  const ledger = { event: "closed", notStored: { shed: 0 }, kernelDrops: 0 };
  return { done: [{ event: "done", sent, unsent }], ledger, account, foreign: 0, isKilled: false, kernel: {} };
}

test("what is missing without a class is residue", () => {
  const counts = cellCounts(sources(4, { refused: 1 }, [0, 1, 3]));
  expect(counts).toMatchObject({ offered: 5, sent: 4, unsent: { refused: 1 }, stored: 3 });
  expect(counts.lost).toEqual({ shed: measured("ledger", 0), kernelDrops: measured("ledger", 0) });
  expect(counts.residue).toEqual(measured("ledger", 1));
});

test("lines in doubt when the aggregator was killed are stored or lost by it", () => {
  const counts = cellCounts({ ...sources(2, { inDoubt: 3, refused: 1 }, [0, 1, 2, 3]), isKilled: true });
  expect(counts).toMatchObject({ offered: 6, sent: 5, unsent: { inDoubt: 0, refused: 1 }, stored: 4 });
  expect(counts.lost).toEqual({ killed: measured("lab", 1) });
  expect(counts.residue).toEqual(unmeasured("an aggregator that was killed leaves no ledger"));
});
