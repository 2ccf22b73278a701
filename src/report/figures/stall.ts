import { andList } from "../../core/word-list.ts";
import { cellsOf, whyMissing } from "../cells.ts";
import { notesOf, readingCell } from "../numbers.ts";
import { isNarrow } from "../plot/axes.ts";
import type { Mark, Plotter } from "../plot/draw.ts";
import { seriesClass, seriesStyle } from "../plot/series.ts";
import { blank, isBlank, isEstimate } from "../reading.ts";
import type { CellSummary, Timeline } from "../summary.ts";
import { duration, percent, whole } from "../words.ts";
import type { FigureContent, FigureKind, KeyEntry } from "./figure.ts";

type Grid = Extract<Timeline, { kind: "grid" }>;

interface Row {
  readonly cell: CellSummary;
  readonly grid: Grid;
  /** The column with the line that waited longest. */
  readonly longest: number;
}

/** Lines in a cell from which the next colour begins. Counts are skewed, so the steps grow. */
const STEPS = [2, 5, 12, 30, 80];
const BEFORE_MS = 200;
const AFTER_MS = 1100;
/** Of a row's height: the room between rows. */
const GAP = 0.22;
const ROWS = 24;

/** Figure 6: a stop of the aggregator. */
export const stallFigure: FigureKind = {
  id: "stall",
  section: "load",
  topic: "A stop of the aggregator",
  content(summary) {
    const cells = cellsOf(summary, "stall");
    const rows = cells.flatMap((cell) => rowOf(cell) ?? []);
    if (rows.length > 0) return contentOf(rows);
    const timeline = cells[0]?.timeline;
    return blank(timeline !== undefined && isBlank(timeline) ? timeline.why : whyMissing(summary, "stall"));
  },
};

function rowOf(cell: CellSummary): Row | undefined {
  const { timeline } = cell;
  if (isBlank(timeline) || timeline.kind !== "grid") return undefined;
  const longest = timeline.cells.reduce<Grid["cells"][number] | undefined>(
    (most, one) => (most === undefined || one[1] > most[1] ? one : most),
    undefined,
  );
  return longest === undefined ? undefined : { cell, grid: coarser(timeline, longest[1] + 1), longest: longest[0] };
}

/** The same with rows that are high enough to be seen: about ROWS of them. */
function coarser({ columnMs, rowMs, cells }: Grid, rows: number): Grid {
  const factor = Math.max(1, Math.round(rows / ROWS));
  const merged = new Map<string, [column: number, row: number, lines: number]>();
  for (const [column, row, lines] of cells) {
    const at = Math.floor(row / factor);
    const cell = merged.get(`${column} ${at}`) ?? [column, at, 0];
    cell[2] += lines;
    merged.set(`${column} ${at}`, cell);
  }
  return { kind: "grid", columnMs, rowMs: rowMs * factor, cells: [...merged.values()] };
}

function contentOf(rows: readonly Row[]): FigureContent {
  const rate = rows[0]?.cell.load.linesPerSecond;
  const columns = ["lostShare", "maxNs", "recoverySeconds"] as const;
  const formats = { lostShare: percent, maxNs: duration, recoverySeconds: (s: number) => duration(1e9 * s) };
  return {
    finding: finding(rows),
    shows: `The aggregator was stopped for half a second while lines were due at ${typeof rate === "number" ? whole(rate) : "full speed"} a second: every line of one run by when it was due and how long it took.`,
    howToRead:
      "Across: when the line was due, from the stop. Up: latency, linear. The fin is the lines that waited; its height is the stop's length. Gaps in it are lines that were lost.",
    description: `${rows.map(({ cell }) => `${cell.transport}: ${sentence(cell)}`).join("; ")}.`,
    numbers: {
      caption: "What a stop of the aggregator did",
      head: ["transport", "lost", "longest latency", "until a line was stored again"],
      rows: rows.map(({ cell: { transport, readings } }) => ({
        transport,
        name: transport,
        cells: columns.map((name) => readingCell(readings[name], formats[name])),
      })),
      notes: notesOf(rows.flatMap(({ cell }) => columns.map((name) => cell.readings[name]))),
    },
    key: stepKeys(),
    draw: (plotter, width) => draw(plotter, width, rows),
  };
}

function sentence({ readings: { lostShare, maxNs } }: CellSummary): string {
  const lost = isEstimate(lostShare) ? `${percent(lostShare.median)} lost` : "loss not measured";
  return `${lost}, longest latency ${isEstimate(maxNs) ? duration(maxNs.median) : "not measured"}`;
}

function finding(rows: readonly Row[]): string {
  const losing = rows.filter(({ cell }) => (cell.readings.lostShare.median ?? 0) > 0).map(({ cell }) => cell.transport);
  if (losing.length === 0) return "A stop of half a second makes lines late and loses none";
  if (losing.length === rows.length) return "A stop of half a second loses lines on every transport";
  const word = losing.length === 1 ? "loses" : "lose";
  return `A stop of half a second makes lines late; ${andList(losing)} ${word} lines`;
}

function stepKeys(): KeyEntry[] {
  const starts = [1, ...STEPS];
  return starts.map((from, at) => {
    const next = starts[at + 1];
    const to = next === undefined ? "+" : next - 1 === from ? "" : `–${next - 1}`;
    return { colour: `var(--heat-${at + 1})`, text: at === 0 ? `${from} line in a cell` : `${from}${to}` };
  });
}

function draw(plotter: Plotter, width: number, rows: readonly Row[]): string {
  const most = Math.max(...rows.flatMap(({ grid }) => grid.cells.map(([, row]) => (row + 1) * grid.rowMs)));
  const step = most * (1 + GAP);
  // The line that waited longest was due at the stop, except where a transport is behind anyway.
  const stop = rows.map(({ longest }) => longest).sort((a, b) => a - b)[rows.length >> 1] ?? 0;
  const marginLeft = 76;
  const ticks = isNarrow(width) ? [0, 500, 1000] : [-200, 0, 250, 500, 750, 1000];
  return plotter.draw({
    width,
    height: (isNarrow(width) ? 66 : 84) * rows.length + 34,
    marginTop: 8,
    marginBottom: 28,
    marginLeft,
    marginRight: 56,
    x: { domain: [-BEFORE_MS, AFTER_MS], label: null, ticks, tickFormat: stopTick, tickSize: 0 },
    y: { domain: [-step * (rows.length - 1), most], axis: null },
    color: { type: "threshold", domain: STEPS, range: [1, 2, 3, 4, 5, 6].map((at) => `var(--heat-${at})`) },
    marks: rows.flatMap((row, at) => rowMarks(plotter, row, { base: -step * at, most, stop })),
  });
}

function stopTick(ms: number): string {
  if (ms === 0) return "stop";
  return ms === 500 ? "go on" : `${ms > 0 ? "+" : "−"}${Math.abs(ms)} ms`;
}

interface Place {
  readonly base: number;
  readonly most: number;
  readonly stop: number;
}

function rowMarks({ Plot }: Plotter, { cell, grid }: Row, { base, most, stop }: Place): Mark[] {
  const { transport } = cell;
  const className = seriesClass(transport);
  const at = (column: number): number => (column - stop) * grid.columnMs;
  const shown = grid.cells.filter(([column]) => at(column) >= -BEFORE_MS && at(column + 1) <= AFTER_MS);
  const marked = [0, 250, 500].filter((ms) => ms <= most);
  return [
    Plot.rect([0], { x1: -BEFORE_MS, x2: AFTER_MS, y1: base, y2: base + most, fill: "var(--empty)" }),
    Plot.rect(shown, {
      className: `${className} cells`,
      x1: ([column]) => at(column),
      x2: ([column]) => at(column + 1),
      y1: ([, row]) => base + row * grid.rowMs,
      y2: ([, row]) => base + (row + 1) * grid.rowMs,
      fill: ([, , lines]) => lines,
    }),
    Plot.text(marked, {
      y: (ms) => base + ms,
      frameAnchor: "right",
      textAnchor: "start",
      dx: 6,
      text: (ms: number) => (ms === 0 ? "0" : `${ms} ms`),
      fill: "var(--mute)",
    }),
    Plot.text([transport], {
      className,
      frameAnchor: "left",
      y: base + most / 2,
      text: () => transport,
      dx: -76,
      textAnchor: "start",
      fill: seriesStyle(transport).colour,
      fontWeight: "600",
    }),
  ];
}
