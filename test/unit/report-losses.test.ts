import { expect, test } from "vitest";
import { summarize } from "../../src/lab/summary/summarize.ts";
import { plain } from "../../src/report/facts.ts";
import { verdictOf } from "../../src/report/verdict.ts";
import { syntheticResults } from "../support/synthetic-results.ts";

test("a transport that lost lines in one repeat of three didn't lose nothing", () => {
  const { run, cells } = syntheticResults();
  const before = verdictOf(summarize({ run, cells, failed: [] }, "/nonexistent"));
  const best = before.take;
  expect(before.why.map(plain).join(" ")).toContain("lost nothing");
  const lossy = cells.map((cell) =>
    cell.transport === best && cell.variant === "100000" && cell.repeat === 2
      ? { ...cell, counts: { ...cell.counts, stored: cell.counts.stored - 1000 } }
      : cell,
  );
  const summary = summarize({ run, cells: lossy, failed: [] }, "/nonexistent");
  const paced = summary.cells.find(({ transport, variant }) => transport === best && variant === "100000");
  expect(paced?.readings.lostShare.median).toBeCloseTo(
    1000 / 3 / (cells.find(({ variant }) => variant === "100000")?.counts.offered ?? 0),
    9,
  );
  expect(verdictOf(summary).take).not.toBe(best);
});
