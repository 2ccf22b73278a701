import { cellsWith } from "../cells.ts";
import { type NumbersTable, textCell } from "../numbers.ts";
import { durationTick, multiples, niceStep } from "../plot/axes.ts";
import type { Plotter } from "../plot/draw.ts";
import { type BarPart, barParts, ROW_LABEL_PX, rowHeight, rowNames } from "../plot/rows.ts";
import { blank } from "../reading.ts";
import type { CellSummary, StageMeans } from "../summary.ts";
import { duration, percent, whole } from "../words.ts";
import type { FigureContent, FigureKind } from "./figure.ts";

/** Parts of the bars in the order of a line's way, and the stages in each. Cool is the sender, grey the kernel, warm the aggregator. */
export const STAGE_PARTS = [
  {
    text: "late timer",
    stages: ["schedule"],
    colour: 0,
    does: "waiting for the sender's timer and for lines before it",
  },
  { text: "send call", stages: ["send"], colour: 1, does: "the send call" },
  { text: "kernel queue", stages: ["queue"], colour: 2, does: "lying in the kernel's queue" },
  { text: "wakeup", stages: ["wakeup"], colour: 3, does: "waking the reader up" },
  { text: "event loop", stages: ["loop"], colour: 4, does: "the aggregator's event loop" },
  { text: "read and check", stages: ["read", "process"], colour: 5, does: "reading and checking" },
  { text: "write to file", stages: ["write", "sync"], colour: 6, does: "the write to the file" },
  { text: "seen in file", stages: ["notice"], colour: 7, does: "being noticed in the file" },
] as const;

interface Row {
  readonly cell: CellSummary;
  readonly means: StageMeans;
  /** Of each part, ns. */
  readonly parts: readonly number[];
}

/** Figure 7: where a line's time goes. */
export const stagesFigure: FigureKind = {
  id: "stages",
  section: "cost",
  topic: "Where a line's time goes",
  content(summary) {
    const rows = stageRows(cellsWith(summary, ({ stages }) => stages).found);
    return rows.length === 0 ? blank(cellsWith(summary, ({ stages }) => stages).why) : contentOf(rows);
  },
};

function stageRows(found: readonly { cell: CellSummary; value: StageMeans }[]): Row[] {
  return found.map(({ cell, value }) => ({ cell, means: value, parts: partsOf(value) }));
}

/** The mean time in each part, ns. */
export function partsOf({ stages }: StageMeans): number[] {
  return STAGE_PARTS.map(({ stages: names }) =>
    stages.reduce((sum, { name, meanNs }) => sum + ((names as readonly string[]).includes(name) ? meanNs : 0), 0),
  );
}

function contentOf(rows: readonly Row[]): FigureContent {
  const { load, scenario } = rows[0]?.cell ?? { load: { linesPerSecond: 0 }, scenario: "" };
  const rate = typeof load.linesPerSecond === "number" ? `${whole(load.linesPerSecond)} lines a second` : scenario;
  return {
    finding: finding(rows),
    shows: `Where a line's time goes on its way, from the time it was due until its bytes were seen in the file, at ${rate}: means over the same traced lines.`,
    howToRead:
      "Segments follow the line's way from left to right and add up to the mean latency. Cool colours: sender. Grey: kernel. Warm: aggregator.",
    description: `${rows.map(({ cell, means }) => `${cell.transport}: ${duration(means.meanNs)}`).join("; ")} altogether.`,
    numbers: numbersOf(rows),
    key: STAGE_PARTS.map(({ text, colour }) => ({ colour: `var(--part-${colour})`, text })),
    draw: (plotter, width) => draw(plotter, width, rows),
  };
}

/** The part that takes most, and whether it does so on every transport. The last part is the lab's own reading. */
function finding(rows: readonly Row[]): string {
  const shares = STAGE_PARTS.slice(0, -1).map((part, at) => ({
    part,
    shares: rows.map(({ parts, means }) => (parts[at] ?? 0) / means.meanNs),
  }));
  const most = shares.reduce((top, one) => (sum(one.shares) > sum(top.shares) ? one : top));
  const isFirst = rows.every(({ parts }, row) =>
    parts.slice(0, -1).every((ns) => ns / (rows[row]?.means.meanNs ?? 1) <= (most.shares[row] ?? 0) + 1e-9),
  );
  const [least, largest] = [Math.min(...most.shares), Math.max(...most.shares)];
  const range =
    percent(least) === percent(largest)
      ? percent(least)
      : `${percent(least).replace(/\D+$/, "")} to ${percent(largest)}`;
  const where = isFirst ? "" : ", on average";
  return `The largest part of a line's time is ${most.part.does}: ${range}${where}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function numbersOf(rows: readonly Row[]): NumbersTable {
  const [first] = rows;
  return {
    caption: "Mean time in each part, and of all parts together",
    head: ["transport", ...STAGE_PARTS.map(({ text }) => text), "mean"],
    rows: rows.map(({ cell, means, parts }) => ({
      transport: cell.transport,
      name: cell.transport,
      cells: [...parts, means.meanNs].map((ns) => textCell(duration(ns), ns)),
    })),
    notes: [
      `Measured by ${first?.means.by ?? ""}; of the traced run whose mean is the median, ${whole(first?.means.lines ?? 0)} lines of ${first?.cell.transport}`,
    ],
  };
}

function draw(plotter: Plotter, width: number, rows: readonly Row[]): string {
  const { Plot } = plotter;
  const names = rows.map(({ cell }) => cell.transport);
  const most = Math.max(...rows.map(({ means }) => means.meanNs));
  const marginRight = 64;
  const inner = width - ROW_LABEL_PX - marginRight;
  const step = niceStep(most);
  const bars = rows.flatMap(({ cell, parts }) => barsOf(cell, parts));
  return plotter.draw({
    width,
    height: rowHeight(width) * rows.length + 36,
    marginTop: 4,
    marginBottom: 30,
    marginLeft: ROW_LABEL_PX,
    marginRight,
    x: { domain: [0, most], label: null, ticks: multiples(step, most), tickFormat: durationTick, tickSize: 0 },
    y: { type: "band", domain: names, axis: null, padding: 0.24 },
    marks: [
      Plot.gridX(multiples(step, most), { stroke: "var(--grid)", strokeOpacity: 1 }),
      ...rowNames(plotter, names),
      ...barParts(plotter, bars, inner / most),
      Plot.text(rows, {
        x: ({ means }) => means.meanNs,
        y: ({ cell }) => cell.transport,
        text: ({ means }) => duration(means.meanNs),
        textAnchor: "start",
        dx: 6,
        fill: "var(--ink)",
        fontWeight: "600",
      }),
    ],
  });
}

function barsOf({ transport }: CellSummary, parts: readonly number[]): BarPart[] {
  let from = 0;
  return parts.map((ns, at) => {
    const start = from;
    from += ns;
    const colour = STAGE_PARTS[at]?.colour ?? 0;
    const text = duration(ns);
    return { transport, from: start, to: from, fill: `var(--part-${colour})`, ink: `var(--on-part-${colour})`, text };
  });
}
