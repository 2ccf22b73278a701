import { describe, expect, test } from "vitest";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { adviseOn, type Need } from "../../src/report/advice.ts";
import { pacedCells, pacedRates } from "../../src/report/cells.ts";
import type { Load, ReadingName, Summary } from "../../src/report/summary.ts";
import { syntheticSummary, withReadings } from "../support/synthetic-summary.ts";

const NEED: Need = { rate: 10_000, lineBytes: 200, senders: 5, loss: "never", isRemote: false };
const summary = syntheticSummary();

/** The summary with a further scenario for each transport: the paced cells' readings but for these, and its load but for that. */
function withCells(scenario: string, values: Partial<Record<ReadingName, number>>, load: Partial<Load>): Summary {
  const [rate] = pacedRates(summary);
  const added = pacedCells(summary, rate ?? 0).map((cell) => ({ ...cell, scenario, load: { ...cell.load, ...load } }));
  const others = summary.cells.filter((cell) => cell.scenario !== scenario);
  return withReadings({ ...summary, cells: [...others, ...added] }, (cell) => added.includes(cell), values);
}

function fitting(need: Partial<Need>): string[] {
  return adviseOn(summary, { ...NEED, ...need }).fitting.map(({ transport }) => transport);
}

function unfit(need: Partial<Need>): Record<string, string> {
  const { unfit: all } = adviseOn(summary, { ...NEED, ...need });
  return Object.fromEntries(all.map(({ transport, because }) => [transport, because]));
}

describe("advice", () => {
  test("every transport fits or has an objection", () => {
    const { fitting: fits, unfit: others } = adviseOn(summary, NEED);
    expect([...fits, ...others].map(({ transport }) => transport).sort()).toEqual([...TRANSPORT_NAMES].sort());
  });

  test("without loss, udp doesn't fit; where loss is fine, it does", () => {
    expect(unfit({})).toHaveProperty("udp", "lines are lost when the reader is too slow or stopped");
    expect(fitting({ loss: "ok" })).toContain("udp");
  });

  test("only what is acknowledged is never lost", () => {
    expect(fitting({}).sort()).toEqual(["tcp", "unixsock"]);
    expect(adviseOn(summary, NEED).settings.join()).toContain("producer --ack");
  });

  test("a rare loss is judged by what was lost at the rate", () => {
    expect(fitting({ loss: "rare" })).toContain("udp");
    expect(unfit({ loss: "rare", rate: 100_000 })["udp"]).toMatch(/^\d+\u00a0% of the lines were lost at 100,000/);
  });

  test("senders on other machines need an internet transport, and the address to be opened", () => {
    expect(fitting({ isRemote: true })).toEqual(["tcp"]);
    expect(adviseOn(summary, { ...NEED, isRemote: true }).settings.join()).toContain("not encrypted");
  });

  test("a long line excludes those that can't carry it", () => {
    expect(unfit({ lineBytes: 4097, loss: "rare" })["fifo"]).toContain("4,096");
    expect(fitting({ lineBytes: 4096, loss: "rare" })).toContain("fifo");
    expect(fitting({ lineBytes: 300_000 }).sort()).toEqual(["tcp", "unixsock"]);
    expect(adviseOn(summary, { ...NEED, lineBytes: 2_000_000 }).settings.join()).toContain("--max-line 2000000");
  });

  test("what was not measured is said", () => {
    expect(adviseOn(summary, { ...NEED, rate: 1_000_000, senders: 50 }).unknown).toEqual([
      "rates above 100,000 lines/s",
      "more than 5 senders",
    ]);
    expect(adviseOn(summary, NEED).unknown).toEqual([]);
  });

  test("above the paced rates, the highest rate without loss decides", () => {
    const searched = withCells("loss-onset", { onsetLinesPerSecond: 300_000 }, {});
    const rated = (rate: number): ReturnType<typeof adviseOn> => adviseOn(searched, { ...NEED, rate });
    expect(rated(250_000).fitting.map(({ transport }) => transport)).toContain("unixsock");
    expect(rated(250_000).unknown).toEqual([]);
    expect(rated(400_000).fitting).toEqual([]);
    expect(rated(400_000).unfit.map(({ because }) => because)).toContain(
      "300,000 lines/s was the highest rate without a lost or late line",
    );
  });

  test("a transport that was late or lossy with such long lines doesn't fit", () => {
    const measured = withCells("sizes", { lostShare: 0, lateShare: 0.5 }, { messageBytes: 65_536 });
    const long = adviseOn(measured, { ...NEED, lineBytes: 60_000 }).unfit.map(({ because }) => because);
    expect(long).toContainEqual(expect.stringMatching(/^lines were late with lines of 6[45]/));
    // Longer ones than were measured aren't judged by it.
    expect(adviseOn(measured, { ...NEED, lineBytes: 70_000 }).fitting).not.toEqual([]);
  });

  test("without paced cells nothing fits, because nothing is known", () => {
    const without = { ...summary, cells: summary.cells.filter(({ scenario }) => scenario !== "paced") };
    expect(adviseOn(without, NEED).fitting).toEqual([]);
  });
});
