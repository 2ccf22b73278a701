import { expect, test } from "vitest";
import { compare, type Limit, parseLimit } from "../../src/report/comparison.ts";
import { syntheticSummary } from "../support/synthetic-summary.ts";

function limit(text: string): Limit {
  const parsed = parseLimit(text);
  if (parsed === undefined) throw new TypeError(text);
  return parsed;
}

test("limits name a figure and how much worse it may be", () => {
  expect(parseLimit("p99>+10%")).toEqual({ text: "p99>+10%", metric: "p99", change: 0.1 });
  expect(parseLimit(" p99.9 >+ 2.5 % ")?.change).toBe(0.025);
  expect(parseLimit("rate<-5%")).toEqual({ text: "rate<-5%", metric: "rate", change: -0.05 });
  const huge = `p99>+${"9".repeat(400)}%`;
  const nonsense = [
    "",
    "%",
    "p99>+",
    "p99>+%",
    "p99>+-1%",
    "p99>+1e3%",
    "p99>+1%%",
    "rate<-100%",
    "__proto__>+1%",
    huge,
  ];
  for (const wrong of nonsense) expect(parseLimit(wrong)).toBeUndefined();
  for (const wrong of ["p99", "p99>10%", "p99<-10%", "rate>+5%", "p98>+1%", "toString>+1%", "p99>+1"]) {
    expect(parseLimit(wrong)).toBeUndefined();
  }
});

test("the same results are not worse", () => {
  const { worse, compared } = compare(syntheticSummary(), syntheticSummary(), [limit("p99>+0%"), limit("rate<-0%")]);
  expect(worse).toEqual([]);
  expect(compared).toBeGreaterThan(20);
});

test("another run of the same program is not worse beyond the intervals", () => {
  const { worse } = compare(syntheticSummary({ seed: 2 }), syntheticSummary(), [limit("p50>+0%")]);
  expect(worse.length).toBeLessThanOrEqual(1); // of 25 intervals, one in twenty misses
});

test("a slower program is worse where the limit is lower than the difference", () => {
  const [slower, before] = [syntheticSummary({ slower: 2, seed: 2, repeats: 5 }), syntheticSummary({ repeats: 5 })];
  const { worse } = compare(slower, before, [limit("p50>+50%")]);
  const paced = worse.filter(({ cell }) => cell.startsWith("paced/"));
  expect(paced.length).toBe(10);
  for (const { before: old, now } of paced) expect(now / old).toBeGreaterThan(1.5);
  expect(compare(slower, before, [limit("p50>+200%")]).worse).toEqual([]);
});

test("a cell with another load is another cell, whatever its name", () => {
  const before = syntheticSummary({ repeats: 5 });
  const withSenders = (scenarios: readonly string[]): typeof before => ({
    ...before,
    cells: before.cells.map((cell) =>
      scenarios.includes(cell.scenario) ? { ...cell, load: { ...cell.load, senders: cell.load.senders + 3 } } : cell,
    ),
  });
  const all = [...new Set(before.cells.map(({ scenario }) => scenario))];
  const whole = compare(before, before, [limit("p99>+10%")]).compared;
  const some = compare(before, withSenders(["paced"]), [limit("p99>+10%")]).compared;
  expect(whole - some).toBe(before.cells.filter(({ scenario }) => scenario === "paced").length);
  expect(() => compare(before, withSenders(all), [limit("p99>+10%")])).toThrow("both with --quick or both without");
});

test("single runs have no interval, so they are never worse beyond it", () => {
  const [slower, before] = [syntheticSummary({ slower: 10, repeats: 1 }), syntheticSummary({ repeats: 1 })];
  expect(compare(slower, before, [limit("p99>+10%")]).worse).toEqual([]);
});

test("results with nothing in common are an error, because nothing would be checked", () => {
  const empty = { ...syntheticSummary(), cells: [] };
  expect(() => compare(syntheticSummary(), empty, [limit("p99>+10%")])).toThrow("no figure of p99 in common");
});

test("a limit of which nothing is measured is an error, whatever the others are", () => {
  const blank = { median: null, why: "not here" } as const;
  const cells = syntheticSummary().cells.map((cell) => ({
    ...cell,
    readings: { ...cell.readings, aggregatorRssBytes: blank },
  }));
  const without = { ...syntheticSummary(), cells };
  expect(() => compare(syntheticSummary(), without, [limit("p99>+10%"), limit("rss>+10%")])).toThrow(
    "no figure of rss in common",
  );
});
