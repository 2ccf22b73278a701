import { describe, expect, test } from "vitest";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { csv } from "../../src/report/exporters/csv.ts";
import { json } from "../../src/report/exporters/json.ts";
import { markdown } from "../../src/report/exporters/markdown.ts";
import type { Fact } from "../../src/report/facts.ts";
import { plain } from "../../src/report/facts.ts";
import { ranked } from "../../src/report/ranking.ts";
import { isEstimate } from "../../src/report/reading.ts";
import { type CellSummary, READINGS, type ReadingName, type Summary } from "../../src/report/summary.ts";
import { terminalReport } from "../../src/report/terminal/report.ts";
import { verdictOf } from "../../src/report/verdict.ts";
import { readPage } from "../support/doc-samples.ts";
import { syntheticSummary, withReadings } from "../support/synthetic-summary.ts";

function takeOf(summary: Summary): string | undefined {
  return verdictOf(summary).take;
}

describe("the verdict", () => {
  const summary = syntheticSummary();
  const isPaced = ({ scenario }: CellSummary): boolean => scenario === "paced";
  const even = withReadings(summary, () => true, { p50Ns: 1e5, p99Ns: 1e6, cpuUs: 10, lostShare: 0, lateShare: 0 });

  test("with a tie everywhere, the first of the transports is taken, and it says so", () => {
    const shuffled = { ...even, transports: even.transports.toReversed(), cells: even.cells.toReversed() };
    for (const one of [even, shuffled]) expect(ranked(one).map(({ transport }) => transport)[0]).toBe("unixsock");
    expect(plain(verdictOf(shuffled).why[1] ?? [])).toBe(
      "tcp is as fast (a tie on p99), and nothing measured sets them apart: the first in the order unixsock, tcp, unixgram, udp, fifo is taken.",
    );
  });

  test("a lower median within the interval doesn't decide", () => {
    const lower = withReadings(even, (cell) => isPaced(cell) && cell.transport === "tcp", { p50Ns: 0.995e5 });
    expect(takeOf(lower)).toBe("unixsock");
  });

  test("the shortest p99 beyond the interval wins", () => {
    const faster = withReadings(even, (cell) => isPaced(cell) && cell.transport === "unixgram", { p99Ns: 5e5 });
    expect(takeOf(faster)).toBe("unixgram");
  });

  test("a higher rate in time wins against a shorter p99", () => {
    const isFast = (cell: CellSummary): boolean => isPaced(cell) && cell.transport === "unixgram";
    const faster = withReadings(even, isFast, { p99Ns: 5e5 });
    const late = withReadings(faster, (cell) => isFast(cell) && cell.variant === "100000", { lateShare: 0.2 });
    expect(takeOf(late)).not.toBe("unixgram");
  });

  test("a loss in any load costs the first place", () => {
    const first = takeOf(even);
    const isStalled = (cell: CellSummary): boolean => cell.scenario === "stall" && cell.transport === first;
    expect(takeOf(withReadings(even, isStalled, { lostShare: 0.001 }))).not.toBe(first);
  });

  test("what the best one lost, or stored late, is said", () => {
    const late = withReadings(even, (cell) => cell.variant === "100000", { lateShare: 0.2 });
    expect(plain(verdictOf(late).why[0] ?? [])).toContain(
      "lost nothing up to 100,000 lines/s although its lines were late above 10,000 lines/s",
    );
    const stalled = withReadings(even, ({ scenario }) => scenario === "stall", { lostShare: 0.1 });
    expect(plain(verdictOf(stalled).why[0] ?? [])).toContain("lost lines when the reader was too slow or stopped");
    const lossy = withReadings(even, isPaced, { lostShare: 0.1 });
    expect(plain(verdictOf(lossy).why[0] ?? [])).toMatch(/^It lost 10\u00a0% of the lines at 100,000 lines\/s/);
  });

  test("without paced cells there is none, and it says so", () => {
    const without = { ...summary, cells: summary.cells.filter((cell) => !isPaced(cell)) };
    const { take, why, exceptions } = verdictOf(without);
    expect({ take, exceptions }).toEqual({ take: undefined, exceptions: [] });
    expect(plain(why[0] ?? [])).toContain("No verdict");
  });

  test("every number in it is a reading of report.json, or the ratio of two", async () => {
    const report = JSON.parse(await json.content(summary));
    const sentences = [
      ...report.verdict.why,
      ...report.verdict.exceptions.map(({ price }: { price: object }) => price),
    ];
    expect(sentences.length).toBe(2 + TRANSPORT_NAMES.length - 1);
    for (const { text, facts } of sentences as { text: string; facts: Fact[] }[]) {
      const withoutFacts = facts.reduce((left, fact) => left.replace(fact.text, ""), text);
      // What is left is the percentile that names a reading.
      expect(withoutFacts.replace(/99.%|p99/g, "")).not.toMatch(/\d/);
      for (const { from, value } of facts) {
        const [a, b] = from.map((place) => readingAt(report, place));
        expect(value).toBe(b === undefined ? a : (a ?? Number.NaN) / b);
      }
    }
  });
});

/** `transports/fifo/lineBytesMax`, `paced/10000/tcp/p99Ns`, `paced/10000/tcp/load.linesPerSecond`. */
function readingAt(report: Summary, place: string): number | undefined {
  const [scenario, variant, transport, name = ""] = place.split("/");
  if (scenario === "transports")
    return report.transports.find((one) => one.name === variant)?.lineBytesMax ?? undefined;
  const cell = report.cells.find(
    (one) => one.scenario === scenario && one.variant === variant && one.transport === transport,
  );
  if (name === "load.linesPerSecond") return Number(cell?.load.linesPerSecond);
  return cell?.readings[name as ReadingName].median ?? undefined;
}

describe("the terminal's report", () => {
  test.each([
    ["with Unicode", {}, true],
    ["in ASCII", {}, false],
    ["of a run without root", { untraced: true }, true],
    ["of single runs", { repeats: 1 }, true],
  ] as const)("%s is at most 80 columns wide", (_, options, hasUnicode) => {
    const lines = terminalReport(syntheticSummary(options), { hasColour: false, hasUnicode });
    expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
    expect(lines.join("\n")).not.toMatch(/NaN|undefined|Infinity|\u00a0/);
    for (const name of TRANSPORT_NAMES) expect(lines.join("\n")).toContain(name);
    // A transport's need and its price stand apart.
    for (const { need } of verdictOf(syntheticSummary(options)).exceptions) {
      expect(lines.filter((line) => line.includes(need)).map((line) => line.split(need)[1])).toEqual([
        expect.stringMatching(/^$|^ {2,}\S/),
      ]);
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what it is about
    if (!hasUnicode) expect(lines.join("\n")).toMatch(/^[\x00-\x7f]*$/);
  });

  test("has colours only where they are asked for", () => {
    const lines = terminalReport(syntheticSummary(), { hasColour: true, hasUnicode: true });
    expect(lines.join("")).toContain("\u001b[38;5;33munixsock");
    expect(terminalReport(syntheticSummary(), { hasColour: false, hasUnicode: true }).join("")).not.toContain("\u001b");
  });
});

test("what could not be measured is blank in every report, with its reason", async () => {
  const summary = syntheticSummary({ untraced: true });
  const why = "bpftrace needs root, and this is uid 1000";
  const reading = summary.cells.find(({ scenario }) => scenario === "reference")?.readings.senderWakeups;
  expect(reading).toEqual({ median: null, why });
  const text = await markdown.content(summary);
  expect(text).toContain(`## Figure 7: Where a line's time goes\n\nNot measured: ${why}.`);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
  expect(terminalReport(summary, { hasColour: false, hasUnicode: true }).join(" ")).toContain(why);
  expect(await csv.content(summary)).toContain(`,senderWakeups,,,,,,"${why}"\n`);
});

test("a busy machine is said, a quiet one is not", async () => {
  const busy = { ...syntheticSummary(), machine: { ...syntheticSummary().machine, otherCores: 1.19 } };
  const look = { hasColour: false, hasUnicode: true };
  const sentence = "Other programs used 119 % of one core during this run, so its figures are rough.";
  expect(terminalReport(busy, look).join(" ")).toContain(sentence);
  expect(await markdown.content(busy)).toContain(sentence);
  expect(terminalReport(syntheticSummary(), look).join(" ")).not.toContain("Other programs");
});

test("report.md has a table for each load that no figure shows, where the run has it", async () => {
  const text = await markdown.content(syntheticSummary());
  expect(text).toMatch(/^## As fast as they can\n\n\| transport \| lines\/s \| MB\/s \| lost \|/m);
  expect(text).not.toContain("## Sizes of messages");
  expect(text).toContain("- sizes: not in --quick");
});

test("report.csv has a row for each cell and reading", async () => {
  const summary = syntheticSummary();
  const rows = (await csv.content(summary)).trimEnd().split("\n");
  expect(rows.length).toBe(1 + summary.cells.length * Object.keys(READINGS).length);
});

test("intervals enclose their medians", () => {
  const estimates = syntheticSummary().cells.flatMap(({ readings }) => Object.values(readings).filter(isEstimate));
  expect(estimates.length).toBeGreaterThan(100);
  expect(estimates.filter(({ low, median, high }) => low > median || median > high)).toEqual([]);
});

test("docs/lab.md lists every reading with what it is", () => {
  const page = readPage("docs/lab.md");
  const rows = Object.entries(READINGS).map(([name, what]) => `| \`${name}\` | ${what} |`);
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});
