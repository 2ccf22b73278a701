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

test("a load of which only the traced cell was measured has no figures", () => {
  const { run, cells } = syntheticResults();
  const isPlain = (id: string): boolean => /^reference.*tcp\/node\/1$/.test(id);
  const [lost] = cells.filter(({ id }) => isPlain(id));
  const failed = [{ kind: "failed", id: lost?.id ?? "", why: "the aggregator ended" }] as const;
  const all = summarize({ run, cells, failed: [] }, "/nonexistent");
  const less = summarize({ run, cells: cells.filter(({ id }) => !isPlain(id)), failed }, "/nonexistent");
  const names = ({ cells }: typeof all): string[] => cells.map(({ scenario, transport }) => `${scenario} ${transport}`);
  expect(names(all).filter((name) => !names(less).includes(name))).toEqual(["reference tcp"]);
  expect(less.missing).toContainEqual({ cell: lost?.id, why: "the aggregator ended" });
});

test("a cell that is left out for one implementation only is named with it", () => {
  const { run, cells } = syntheticResults();
  const skipped = [
    { scenario: "restart", variant: "-", implementation: "go", why: "it doesn't connect again" },
  ] as const;
  const { missing } = summarize({ run: { ...run, skipped }, cells, failed: [] }, "/nonexistent");
  expect(missing).toEqual([{ cell: "restart - go", why: "it doesn't connect again" }]);
});
