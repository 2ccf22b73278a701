import { describe, expect, test } from "vitest";
import { FIGURES } from "../../src/report/figures/all.ts";
import type { FigureContent } from "../../src/report/figures/figure.ts";
import { isBlank } from "../../src/report/reading.ts";
import type { CellSummary, Summary } from "../../src/report/summary.ts";
import { writeSyntheticReport } from "../support/synthetic-report.ts";
import { syntheticSummary, withReadings } from "../support/synthetic-summary.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

function contentOf(id: string, summary: Summary): FigureContent {
  const content = FIGURES.find((figure) => figure.id === id)?.content(summary);
  if (content === undefined || isBlank(content)) throw new Error(`${id}: ${content?.why}`);
  return content;
}

const findingOf = (id: string, summary: Summary): string => contentOf(id, summary).finding.replaceAll("\u00a0", " ");
const all = (): boolean => true;
const isPaced = ({ scenario }: CellSummary): boolean => scenario === "paced";
const summary = syntheticSummary();

describe("the title of a figure is a finding", () => {
  test("latency: how long half and one in a hundred take, and a tie where there is one", () => {
    const even = withReadings(summary, isPaced, { p50Ns: 1e5, p99Ns: 2e6 });
    expect(findingOf("latency", even)).toBe(
      "Half of all lines are in the file within 100 µs; one in a hundred takes more than 20 times as long; no difference beyond the interval at 99 %",
    );
    const tcp = withReadings(even, (cell) => isPaced(cell) && cell.transport === "tcp", { p99Ns: 4e6 });
    expect(findingOf("latency", tcp)).toMatch(/more than 20 to 40 times as long$/);
  });

  test("load: who makes senders wait, and who loses lines", () => {
    const kept = withReadings(summary, isPaced, { lostShare: 0, lateShare: 0 });
    expect(findingOf("load", kept)).toBe("All kept up with every rate, up to 100,000 lines/s");
    const late = withReadings(kept, (cell) => isPaced(cell) && cell.transport === "tcp", { lateShare: 0.2 });
    const lost = withReadings(late, (cell) => isPaced(cell) && cell.transport === "udp", { lostShare: 0.1 });
    expect(findingOf("load", lost)).toBe("Too fast? tcp makes the sender wait, udp throws lines away");
  });

  test("rate and latency: busier is faster, slower, or neither beyond the interval", () => {
    const at = (variant: string) => (cell: CellSummary) => isPaced(cell) && cell.variant === variant;
    const even = withReadings(summary, isPaced, { p50Ns: 1e5, p99Ns: 1e6 });
    expect(findingOf("rate-latency", even)).toContain("No difference beyond the interval");
    expect(findingOf("rate-latency", withReadings(even, at("100000"), { p50Ns: 5e4 }))).toBe(
      "Busier is faster on every transport",
    );
    expect(findingOf("rate-latency", withReadings(even, at("100000"), { p50Ns: 5e6 }))).toBe(
      "At 100 k lines/s the median is longer on every transport",
    );
  });

  test("stall: late or lost", () => {
    expect(findingOf("stall", summary)).toBe("A stop of half a second makes lines late and loses none");
    const isUdp = ({ scenario, transport }: CellSummary): boolean => scenario === "stall" && transport === "udp";
    expect(findingOf("stall", withReadings(summary, isUdp, { lostShare: 0.1 }))).toMatch(/; udp loses lines$/);
  });

  test("cpu: which side pays more, or neither", () => {
    const even = { senderUserUs: 3, senderSystemUs: 2, aggregatorUserUs: 3, aggregatorSystemUs: 2 };
    expect(findingOf("cpu", withReadings(summary, all, even))).toBe(
      "No difference beyond the interval between the two sides' CPU time",
    );
    expect(findingOf("cpu", withReadings(summary, all, { ...even, senderSystemUs: 4 }))).toBe(
      "The sender pays more than the aggregator, on every transport",
    );
    const tcp = withReadings(summary, all, even);
    const dearer = withReadings(tcp, ({ transport }) => transport === "tcp", { aggregatorUserUs: 9 });
    expect(findingOf("cpu", dearer)).toBe("The aggregator pays more than the sender, on one of five transports");
  });

  test("stages: parts add up to the mean, and the largest is named", () => {
    const { numbers } = contentOf("stages", summary);
    expect(findingOf("stages", summary)).toMatch(
      /^The largest part of a line's time is reading and checking: \d+ (to \d+ )?%(, on average)?$/,
    );
    for (const { cells } of numbers.rows) {
      const values = cells.map(({ sort }) => Number(sort));
      const mean = values.pop() ?? Number.NaN;
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(mean, 3);
    }
  });

  test("a send's stacks: its share of the sender's CPU time, without calls on other files", () => {
    const report = writeSyntheticReport(temporaryDirectory());
    const cell = report.cells.find(({ stacks }) => !isBlank(stacks));
    const stacks = cell?.stacks;
    if (stacks === undefined || isBlank(stacks)) throw new Error("no stacks");
    expect(cell?.transport).toBe("unixsock");
    expect({ samples: stacks.samples, inside: stacks.root.samples, name: stacks.root.name }).toEqual({
      samples: 780,
      inside: 180,
      name: "write",
    });
    // The invented sender takes 7.5 µs per line.
    expect(stacks.usPerLine).toBeCloseTo((7.5 * 180) / 780, 6);
    expect(findingOf("flame-tcp", report)).toMatch(
      /^A tcp send costs 3\.4 µs, 1\.9 times a unixsock send: \d+ % of it in the network stack$/,
    );
  });
});

test.each(FIGURES.map((figure) => [figure.id, figure] as const))("%s says why it is missing", (_, { content }) => {
  const none = content({ ...summary, cells: [], missing: [{ cell: "paced", why: "not asked for" }] });
  expect(isBlank(none) && none.why).toMatch(/not asked for|has no cell/);
});
