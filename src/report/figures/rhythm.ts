import { cellAt, cellsOf, mainCells, mainRate, whyMissing } from "../cells.ts";
import { notesOf, readingCell } from "../numbers.ts";
import { durationTick, isNarrow, logDomain } from "../plot/axes.ts";
import type { Mark, Plotter } from "../plot/draw.ts";
import { seriesClass, seriesStyle } from "../plot/series.ts";
import { blank, isBelow, isBlank, isEstimate } from "../reading.ts";
import type { CellSummary, Summary } from "../summary.ts";
import { duration, times, whole } from "../words.ts";
import type { FigureContent, FigureKind } from "./figure.ts";

/** The part of the run that is shown. */
const SPAN_MS = 1000;
const ROW = 1.35;

interface Row {
  readonly cell: CellSummary;
  readonly points: readonly (readonly [dueMs: number, latencyNs: number])[];
}

/** Figure 10: single lines over one second of the reference load. */
export const rhythmFigure: FigureKind = {
  id: "rhythm",
  section: "cost",
  topic: "Single lines of the reference load",
  content(summary) {
    const cells = cellsOf(summary, "reference");
    const rows = cells.flatMap((cell) => rowOf(cell) ?? []);
    if (rows.length > 0) return contentOf(summary, rows);
    const timeline = cells[0]?.timeline;
    return blank(timeline !== undefined && isBlank(timeline) ? timeline.why : whyMissing(summary, "reference"));
  },
};

/** The second second where there is one, so that the start isn't in it. */
function rowOf(cell: CellSummary): Row | undefined {
  const { timeline } = cell;
  if (isBlank(timeline) || timeline.kind !== "points" || timeline.points.length === 0) return undefined;
  const last = timeline.points.at(-1)?.[0] ?? 0;
  const from = last >= 1.9 * SPAN_MS ? Math.floor((last - SPAN_MS) / 100) * 100 : 0;
  const within = timeline.points.filter(([dueMs]) => dueMs >= from && dueMs <= from + SPAN_MS);
  // A row has room for some hundred marks.
  const every = Math.ceil(within.length / 200);
  const points = within
    .filter((_, at) => at % every === 0)
    .map(([dueMs, ns]) => [dueMs - from, Math.max(1, ns)] as const);
  return { cell, points };
}

function contentOf(summary: Summary, rows: readonly Row[]): FigureContent {
  const { senders, linesPerSecond } = rows[0]?.cell.load ?? { senders: 0, linesPerSecond: 0 };
  const rate = typeof linesPerSecond === "number" ? whole(linesPerSecond / Math.max(1, senders)) : "as many as it can";
  const columns = ["p50Ns", "p90Ns", "p99Ns", "maxNs"] as const;
  return {
    finding: finding(summary, rows),
    shows: `One second of the reference load: ${senders} producers, ${rate} lines a second each; one mark per line, of one run.`,
    howToRead:
      "The grid is 100 ms, the time between two lines of a producer. Strong: one producer's lines, pale: the others'. Up: latency, on a logarithmic scale.",
    description: `${rows.map(({ cell: { transport, readings } }) => `${transport}: median ${isEstimate(readings.p50Ns) ? duration(readings.p50Ns.median) : "not measured"}`).join("; ")}.`,
    numbers: {
      caption: "Latency of the reference load",
      head: ["transport", "50 %", "90 %", "99 %", "longest"],
      rows: rows.map(({ cell: { transport, readings } }) => ({
        transport,
        name: transport,
        cells: columns.map((name) => readingCell(readings[name], duration)),
      })),
      notes: notesOf(rows.flatMap(({ cell }) => columns.map((name) => cell.readings[name]))),
    },
    key: undefined,
    draw: (plotter, width) => draw(plotter, width, rows),
  };
}

/** The median at rest, beside that at the main rate where both are known. */
function finding(summary: Summary, rows: readonly Row[]): string {
  const pairs = rows.flatMap(({ cell }) => {
    const [rest, busy] = [cell.readings.p50Ns, cellAt(mainCells(summary), cell.transport)?.readings.p50Ns];
    return isEstimate(rest) && isEstimate(busy) ? [{ rest, busy }] : [];
  });
  const medians = rows.flatMap(({ cell }) => cell.readings.p50Ns.median ?? []).sort((a, b) => a - b);
  const [low, high] = [duration(medians[0] ?? 0), duration(medians.at(-1) ?? 0)];
  const range = low === high ? low : `${low} to ${high}`;
  const rest = `At rest, half of all lines take ${rows.length > 1 && low !== high ? "up to " : ""}${rows.length > 1 ? (low === high ? range : high) : range}`;
  const slower = pairs.filter(({ rest: a, busy: b }) => isBelow(b, a));
  if (pairs.length === 0 || slower.length < pairs.length) return rest;
  const ratio = slower.reduce((sum, { rest: a, busy: b }) => sum + a.median / b.median, 0) / slower.length;
  return `${rest}, about ${times(ratio)} as long as at ${whole(mainRate(summary) ?? 0)} lines/s`;
}

function draw(plotter: Plotter, width: number, rows: readonly Row[]): string {
  const { Plot } = plotter;
  const values = rows.flatMap(({ points }) => points.map(([, ns]) => ns));
  const [low, high] = logDomain(values, 1.3);
  const height = (ns: number): number => Math.log(ns / low) / Math.log(high / low);
  const marginLeft = 76;
  const tens = Array.from({ length: 12 }, (_, at) => 10 ** at).filter((ns) => ns > low && ns < high);
  const times = Array.from({ length: 11 }, (_, at) => 100 * at);
  const shown = isNarrow(width) ? [0, 500, 1000] : [0, 200, 400, 600, 800, 1000];
  return plotter.draw({
    width,
    height: 52 * rows.length + 44,
    marginTop: 8,
    marginBottom: 30,
    marginLeft,
    marginRight: 56,
    x: { domain: [0, SPAN_MS], label: null, ticks: shown, tickFormat: (ms: number) => `${ms} ms`, tickSize: 0 },
    y: { domain: [-ROW * (rows.length - 1), 1], axis: null },
    marks: [
      Plot.gridX(times, { stroke: "var(--grid)", strokeOpacity: 1 }),
      ...rows.flatMap(({ cell, points }, at) => rowMarks(plotter, { cell, points }, { base: -ROW * at, height, tens })),
    ],
  });
}

/** A producer's tick, and how far from it two senders' ticks are at least: they begin evenly apart. */
const TICK_MS = 100;
const APART_MS = 8;

/** Whether a line is of the producer of the first one: due whole ticks later. */
function isOfFirst(dueMs: number, points: Row["points"]): boolean {
  const after = (dueMs - (points[0]?.[0] ?? 0)) % TICK_MS;
  return after < APART_MS || after > TICK_MS - APART_MS;
}

interface Axis {
  readonly base: number;
  readonly height: (ns: number) => number;
  readonly tens: readonly number[];
}

function rowMarks({ Plot }: Plotter, { cell: { transport }, points }: Row, { base, height, tens }: Axis): Mark[] {
  const { colour, symbol, isHollow } = seriesStyle(transport);
  const className = seriesClass(transport);
  const y = (ns: number): number => base + height(ns);
  return [
    Plot.ruleY([...tens], { y, stroke: "var(--grid)" }),
    Plot.text([...tens], {
      y,
      frameAnchor: "right",
      textAnchor: "start",
      dx: 6,
      text: durationTick,
      fill: "var(--mute)",
    }),
    ...[false, true].map((isFirst) =>
      Plot.dot(
        points.filter(([ms]) => isOfFirst(ms, points) === isFirst),
        {
          className,
          x: ([ms]) => ms,
          y: ([, ns]) => y(ns),
          symbol,
          r: isFirst ? 3.6 : 2.6,
          stroke: colour,
          strokeOpacity: isFirst ? 1 : 0.45,
          fill: isHollow ? "var(--paper)" : colour,
          fillOpacity: isFirst || isHollow ? 1 : 0.35,
        },
      ),
    ),
    Plot.text([transport], {
      className,
      frameAnchor: "left",
      y: base + 0.5,
      text: () => transport,
      dx: -76,
      textAnchor: "start",
      fill: colour,
      fontWeight: "600",
    }),
  ];
}
