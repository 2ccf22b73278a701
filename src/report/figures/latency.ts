import type { TransportName } from "../../core/transport-name.ts";
import { mainCells, mainRate, medians, whyMissing } from "../cells.ts";
import { notesOf, readingCell } from "../numbers.ts";
import { clamp, durationTick, isNarrow, logDomain, logTicks, nameMargin, spread } from "../plot/axes.ts";
import type { Mark, Plotter } from "../plot/draw.ts";
import { seriesClass, seriesStyle } from "../plot/series.ts";
import { blank, isBlank, isEstimate, isTie } from "../reading.ts";
import type { CellSummary, Latency, Summary } from "../summary.ts";
import { digits, duration, whole } from "../words.ts";
import type { FigureContent, FigureKind } from "./figure.ts";

/** Percentiles with a mark and a label, and the readings they are. */
const MARKED = [0.5, 0.9, 0.99, 0.999, 0.9999];
const COLUMNS = [
  ["50 %", "p50Ns"],
  ["90 %", "p90Ns"],
  ["99 %", "p99Ns"],
  ["99.9 %", "p999Ns"],
  ["longest", "maxNs"],
] as const;

interface Series {
  readonly name: TransportName;
  readonly latency: Latency;
}

/** Figure 1: latency by percentile. */
export const latencyFigure: FigureKind = {
  id: "latency",
  section: "latency",
  topic: "Latency by percentile",
  content(summary) {
    const cells = mainCells(summary);
    const series = seriesOf(cells);
    if (series.length === 0) return blank(whyMissing(summary, "paced"));
    return contentOf(summary, cells, series);
  },
};

/** The transports whose latency was measured. */
export function seriesOf(cells: readonly CellSummary[]): Series[] {
  return cells.flatMap(({ transport, latency }) => (isBlank(latency) ? [] : [{ name: transport, latency }]));
}

function contentOf(summary: Summary, cells: readonly CellSummary[], series: readonly Series[]): FigureContent {
  const rate = whole(mainRate(summary) ?? 0);
  const readings = cells.flatMap((cell) => COLUMNS.map(([, name]) => cell.readings[name]));
  return {
    finding: finding(cells),
    shows: `How long each line took from the time it was due until it could be read in the file, at ${rate} lines a second.`,
    howToRead:
      "Go right for rarer and slower lines: at 99 %, one line in a hundred is slower than the curve. Lower is better. The band is the 95 % interval; where bands overlap, it is a tie.",
    description: `${cells.map(sentence).join("; ")}.`,
    numbers: {
      caption: `Latency at ${rate} lines/s: what so many of the lines don't exceed`,
      head: ["transport", ...COLUMNS.map(([title]) => title)],
      rows: cells.map(({ transport, readings: of }) => ({
        transport,
        name: transport,
        cells: COLUMNS.map(([, name]) => readingCell(of[name], duration)),
      })),
      notes: notesOf(readings),
    },
    key: undefined,
    draw: (plotter, width) => draw(plotter, width, series),
  };
}

function sentence({ transport, readings: { p50Ns, p99Ns } }: CellSummary): string {
  if (!isEstimate(p50Ns) || !isEstimate(p99Ns)) return `${transport}: not measured`;
  return `${transport}: half within ${duration(p50Ns.median)}, 99 % within ${duration(p99Ns.median)}`;
}

/** What holds for all transports; or, where none differ in the tail, that. */
function finding(cells: readonly CellSummary[]): string {
  const ratios = cells.flatMap(({ readings: { p50Ns, p99Ns } }) =>
    isEstimate(p50Ns) && isEstimate(p99Ns) ? [p99Ns.median / p50Ns.median] : [],
  );
  const slowest = Math.max(...medians(cells, "p50Ns"));
  const [least, most] = [digits(Math.min(...ratios)), digits(Math.max(...ratios))];
  const range = least === most ? least : `${least} to ${most}`;
  const tail = cells.map(({ readings }) => readings.p99Ns).filter(isEstimate);
  const isSame = tail.length > 1 && tail.every((a) => tail.every((b) => isTie(a, b)));
  const end = isSame ? "; no difference beyond the interval at 99 %" : "";
  return `Half of all lines are in the file within ${duration(slowest)}; one in a hundred takes more than ${range} times as long${end}`;
}

/** Rarity: 1 at the quickest line, 100 at the one in a hundred. */
function rarity(share: number): number {
  return 1 / (1 - share);
}

function draw({ Plot, draw }: Plotter, width: number, series: readonly Series[]): string {
  const height = isNarrow(width) ? 300 : 340;
  const [marginTop, marginBottom, marginLeft] = [10, 30, 52];
  const domain = logDomain(series.flatMap(({ latency }) => latency.curve.map(({ ns }) => ns.median)));
  const last = Math.max(...series.map(({ latency }) => latency.curve.at(-1)?.share ?? 0.99));
  const end = rarity(last);
  const inner = height - marginTop - marginBottom;
  const y = (ns: number): number =>
    marginTop + inner * (1 - Math.log(ns / domain[0]) / Math.log(domain[1] / domain[0]));
  const ends = series.map(({ latency }) => y(latency.curve.at(-1)?.ns.median ?? domain[0]));
  const places = spread(ends, 15, [marginTop + 6, height - marginBottom - 4]);
  const shares = [...(isNarrow(width) ? [] : [0]), ...MARKED.filter((share) => rarity(share) <= end * 1.01)];
  const svg = draw({
    width,
    height,
    marginTop,
    marginBottom,
    marginLeft,
    marginRight: nameMargin(width),
    x: { type: "log", domain: [1, end], label: null, ticks: shares.map(rarity), tickFormat: shareTick, tickSize: 0 },
    y: { type: "log", domain, label: null, ticks: logTicks(domain), tickFormat: durationTick, tickSize: 0 },
    marks: [
      Plot.gridX(shares.map(rarity), { stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.gridY(logTicks(domain), { stroke: "var(--grid)", strokeOpacity: 1 }),
      ...series.map((one) => band(Plot, one, domain)),
      ...series.flatMap((one, at) => curve(Plot, one, (places[at] ?? 0) - (ends[at] ?? 0))),
    ],
  });
  const cursor = { from: marginLeft, to: width - nameMargin(width), top: marginTop, bottom: height - marginBottom };
  return svg.replace(/<\/svg>$/, `${cursorLine(cursor)}</svg>`);
}

/** The dotted rule that the slider moves; hidden without a script. The points of the curves are equally far apart. */
function cursorLine({ from, to, top, bottom }: { from: number; to: number; top: number; bottom: number }): string {
  return `<line class="cursor" visibility="hidden" data-x="${from} ${to}" x1="${from}" x2="${from}" y1="${top}" y2="${bottom}" stroke="var(--ink)" stroke-width="1.5" stroke-dasharray="2 2"></line>`;
}

function shareTick(value: number): string {
  const share = 1 - 1 / value;
  return share < 0.01 ? "min" : `${Number((100 * share).toFixed(3))} %`;
}

function band(Plot: Plotter["Plot"], { name, latency }: Series, domain: readonly [number, number]): Mark {
  return Plot.areaY(latency.curve, {
    className: seriesClass(name),
    x: ({ share }) => rarity(share),
    y1: ({ ns }) => clamp(ns.low, domain),
    y2: ({ ns }) => clamp(ns.high, domain),
    fill: seriesStyle(name).colour,
    fillOpacity: 0.08,
    curve: "monotone-x",
  });
}

/** @param shift how far the name at the line's end is moved, px */
function curve(Plot: Plotter["Plot"], { name, latency }: Series, shift: number): Mark[] {
  const { colour, symbol, isHollow, dash } = seriesStyle(name);
  const className = seriesClass(name);
  const x = ({ share }: Latency["curve"][number]): number => rarity(share);
  const y = ({ ns }: Latency["curve"][number]): number => ns.median;
  const marked = latency.curve.filter(({ share }) => MARKED.some((mark) => Math.abs(mark - share) < 1e-6));
  return [
    Plot.line(latency.curve, {
      className,
      x,
      y,
      stroke: colour,
      strokeWidth: 1.8,
      ...(dash !== undefined && { strokeDasharray: dash }),
      curve: "monotone-x",
    }),
    Plot.dot(marked, {
      className,
      x,
      y,
      symbol,
      r: 3.5,
      stroke: colour,
      fill: isHollow ? "var(--paper)" : colour,
      ariaLabel: () => name,
    }),
    Plot.text(latency.curve.slice(-1), {
      className,
      x,
      y,
      text: () => name,
      textAnchor: "start",
      dx: 8,
      dy: shift,
      fill: colour,
      fontWeight: "600",
    }),
  ];
}
