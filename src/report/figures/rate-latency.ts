import { pacedCells, pacedRates, whyMissing } from "../cells.ts";
import { notesOf, readingCell } from "../numbers.ts";
import { durationTick, isNarrow, logDomain, logTicks, nameMargin, spread } from "../plot/axes.ts";
import type { Mark, Plotter } from "../plot/draw.ts";
import { seriesClass, seriesStyle } from "../plot/series.ts";
import { blank, type Estimate, isBelow, isEstimate } from "../reading.ts";
import type { Summary, TransportFacts } from "../summary.ts";
import { counted, duration, short, whole } from "../words.ts";
import type { FigureContent, FigureKind } from "./figure.ts";

interface Series {
  readonly name: TransportFacts["name"];
  readonly points: readonly { readonly rate: number; readonly p50: Estimate; readonly p99: Estimate }[];
}

/** Figure 5: latency by offered rate. */
export const rateLatencyFigure: FigureKind = {
  id: "rate-latency",
  section: "load",
  topic: "Latency by rate",
  content(summary) {
    const series = seriesOf(summary);
    if (series.length === 0) return blank(whyMissing(summary, "paced"));
    if (series.every(({ points }) => points.length < 2)) return blank("the run has only one rate of paced");
    return contentOf(summary, series);
  },
};

function seriesOf(summary: Summary): Series[] {
  const cells = pacedRates(summary).flatMap((rate) => pacedCells(summary, rate).map((cell) => ({ rate, cell })));
  return summary.transports.flatMap(({ name }) => {
    const points = cells.flatMap(({ rate, cell: { transport, readings } }) => {
      const { p50Ns: p50, p99Ns: p99 } = readings;
      return transport === name && isEstimate(p50) && isEstimate(p99) ? [{ rate, p50, p99 }] : [];
    });
    return points.length === 0 ? [] : [{ name, points }];
  });
}

function contentOf(summary: Summary, series: readonly Series[]): FigureContent {
  const rates = pacedRates(summary);
  const readings = rates.map((rate) => pacedCells(summary, rate).map((cell) => cell.readings));
  return {
    finding: finding(series),
    shows:
      "Median and 99th percentile of the latency at each offered rate. The schedule never slows down for a slow transport.",
    howToRead: "Thick line: median. Thin line: 99 %. Where a curve bends upwards, the transport is full.",
    description: `${series.map(({ name, points }) => `${name}: ${points.map(({ rate, p50 }) => `${duration(p50.median)} at ${whole(rate)} lines/s`).join(", ")}`).join("; ")}.`,
    numbers: {
      caption: "Latency by offered rate",
      head: ["transport", ...rates.flatMap((rate) => [`50 % at ${short(rate)}/s`, "99 %", "99 % from the send"])],
      rows: summary.transports.map(({ name }) => ({
        transport: name,
        name,
        cells: rates.flatMap((rate) => {
          const cell = pacedCells(summary, rate).find(({ transport }) => transport === name);
          const missing = blank("not measured at this rate");
          return (["p50Ns", "p99Ns", "sentP99Ns"] as const).map((key) =>
            readingCell(cell?.readings[key] ?? missing, duration),
          );
        }),
      })),
      notes: notesOf(readings.flat().flatMap(({ p50Ns, p99Ns, sentP99Ns }) => [p50Ns, p99Ns, sentP99Ns])),
    },
    key: "transports",
    draw: (plotter, width) => draw(plotter, width, { series, rates }),
  };
}

/** How the median at the highest rate compares with that at the lowest, beyond the intervals. */
function finding(series: readonly Series[]): string {
  const ends = series.flatMap(({ points }) => {
    const [first, last] = [points[0], points.at(-1)];
    return first === undefined || last === undefined || first === last ? [] : [{ first, last, points }];
  });
  const faster = ends.filter(({ first, points }) => points.some(({ p50 }) => isBelow(p50, first.p50)));
  const slower = ends.filter(({ first, last }) => isBelow(first.p50, last.p50));
  if (faster.length > 0 && slower.length > 0) {
    return "Busier is faster, until the reader falls behind";
  }
  const rate = short(series[0]?.points.at(-1)?.rate ?? 0);
  if (slower.length > 0) {
    return `At ${rate} lines/s the median is longer on ${of(slower.length, ends.length)}`;
  }
  if (faster.length > 0) return `Busier is faster on ${of(faster.length, ends.length)}`;
  return "No difference beyond the interval in median latency between the lowest and the highest rate";
}

function of(count: number, all: number): string {
  return count === all ? "every transport" : `${counted(count)} of ${counted(all)} transports`;
}

/** Width of "100 k/s" and a gap. */
const LABEL_PX = 52;

function draw(
  { Plot, draw }: Plotter,
  width: number,
  { series, rates }: { series: readonly Series[]; rates: readonly number[] },
): string {
  const height = isNarrow(width) ? 280 : 300;
  const [marginTop, marginBottom] = [12, 30];
  const values = series.flatMap(({ points }) => points.flatMap(({ p50, p99 }) => [p50.median, p99.median]));
  const domain = logDomain(values);
  const inner = height - marginTop - marginBottom;
  const y = (ns: number): number =>
    marginTop + inner * (1 - Math.log(ns / domain[0]) / Math.log(domain[1] / domain[0]));
  const ends = series.map(({ points }) => y(points.at(-1)?.p50.median ?? domain[0]));
  const places = spread(ends, 15, [marginTop + 6, height - marginBottom - 4]);
  return draw({
    width,
    height,
    marginTop,
    marginBottom,
    marginLeft: 52,
    marginRight: nameMargin(width),
    x: {
      type: "log",
      label: null,
      ticks: apart(rates, width),
      tickFormat: (rate: number) => `${short(rate)}/s`,
      tickSize: 0,
    },
    y: { type: "log", domain, label: null, ticks: logTicks(domain), tickFormat: durationTick, tickSize: 0 },
    marks: [
      Plot.gridX([...rates], { stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.gridY(logTicks(domain), { stroke: "var(--grid)", strokeOpacity: 1 }),
      ...series.flatMap((one, at) => curves(Plot, one, (places[at] ?? 0) - (ends[at] ?? 0))),
    ],
  });
}

/** The rates whose labels have room, from the highest down. */
function apart(rates: readonly number[], width: number): number[] {
  const [low = 1, high = 1] = [rates[0], rates.at(-1)];
  const at = (rate: number): number =>
    ((width - 52 - nameMargin(width)) * Math.log(rate / low)) / Math.log(Math.max(high, low * 1.01) / low);
  const kept: number[] = [];
  for (const rate of rates.toReversed()) {
    const last = kept.at(-1);
    if (last === undefined || at(last) - at(rate) >= LABEL_PX) kept.push(rate);
  }
  return kept;
}

function curves(Plot: Plotter["Plot"], { name, points }: Series, shift: number): Mark[] {
  const { colour, symbol, isHollow, dash } = seriesStyle(name);
  const common = { className: seriesClass(name), x: "rate" };
  const line = { ...common, stroke: colour, ...(dash !== undefined && { strokeDasharray: dash }) };
  const y = ({ p50 }: Series["points"][number]): number => p50.median;
  return [
    Plot.line(points, { ...line, y: ({ p99 }) => p99.median, strokeWidth: 1, strokeOpacity: 0.8 }),
    Plot.line(points, { ...line, y, strokeWidth: 2.2 }),
    Plot.dot(points, { ...common, y, symbol, r: 3.5, stroke: colour, fill: isHollow ? "var(--paper)" : colour }),
    Plot.text(points.slice(-1), {
      ...common,
      y,
      text: () => name,
      textAnchor: "start",
      dx: 9,
      dy: shift,
      fill: colour,
      fontWeight: "600",
    }),
  ];
}
