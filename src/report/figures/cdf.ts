import { mainCells, mainRate, whyMissing } from "../cells.ts";
import { notesOf } from "../numbers.ts";
import { durationTick, isNarrow, logTicks } from "../plot/axes.ts";
import type { Plotter } from "../plot/draw.ts";
import { seriesClass, seriesStyle } from "../plot/series.ts";
import { blank, isBelow, isTie } from "../reading.ts";
import type { Latency, Summary } from "../summary.ts";
import { duration, percent, whole } from "../words.ts";
import type { FigureContent, FigureKind } from "./figure.ts";
import { seriesOf } from "./latency.ts";

type Series = ReturnType<typeof seriesOf>[number];

/** Latencies of the table. */
const STEPS_NS = [50e3, 100e3, 200e3, 500e3, 1e6, 10e6, 100e6];

/** Figure 3: the share of lines that had arrived after a time. */
export const cdfFigure: FigureKind = {
  id: "cdf",
  section: "latency",
  topic: "Lines that have arrived after a time",
  content(summary) {
    const series = seriesOf(mainCells(summary));
    return series.length === 0 ? blank(whyMissing(summary, "paced")) : contentOf(summary, series);
  },
};

function contentOf(summary: Summary, series: readonly Series[]): FigureContent {
  const rate = whole(mainRate(summary) ?? 0);
  const rows = series.map(({ name, latency }) => ({
    transport: name,
    name,
    cells: STEPS_NS.map((ns) => {
      const share = shareWithin(latency, ns);
      return { text: percent(share), sort: share };
    }),
  }));
  return {
    finding: finding(series),
    shows: `The share of lines that had arrived after each time, at ${rate} lines a second.`,
    howToRead:
      "Further left and steeper is better. Choose a latency below and read upwards: that share of lines was there in time.",
    description: `${series.map(({ name, latency }) => `${name}: ${percent(shareWithin(latency, 1e6))} within 1 ms`).join("; ")}.`,
    numbers: {
      caption: `Share of lines within a latency, all repeats together, at ${rate} lines/s`,
      head: ["transport", ...STEPS_NS.map(duration)],
      rows,
      notes: notesOf([]),
    },
    key: "transports",
    draw: (plotter, width) => draw(plotter, width, series),
  };
}

/** Of the lines in bins that end at or before this latency. */
function shareWithin({ bins, lines }: Latency, ns: number): number {
  return bins.reduce((sum, [, to, count]) => sum + (to <= ns * 1.07 ? count : 0), 0) / lines;
}

/** Up to which share one transport is ahead of all others beyond the interval. */
function finding(series: readonly Series[]): string {
  const at = (one: Series, index: number): Latency["curve"][number] | undefined => one.latency.curve[index];
  const median = series[0]?.latency.curve.findIndex(({ share }) => share >= 0.5) ?? 0;
  const leader = series.find((one) =>
    series.every((other) => {
      const [a, b] = [at(one, median), at(other, median)];
      return one === other || (a !== undefined && b !== undefined && isBelow(a.ns, b.ns));
    }),
  );
  if (leader === undefined) return noLeader(series, median);
  const last = leader.latency.curve.findLast((point, index) =>
    series.every((other) => {
      const rival = at(other, index);
      return other === leader || (index >= median && rival !== undefined && isBelow(point.ns, rival.ns));
    }),
  );
  return `${leader.name} is first, up to ${percent(last?.share ?? 0.5)} of the lines`;
}

function noLeader(series: readonly Series[], median: number): string {
  const points = series.flatMap(({ latency }) => latency.curve[median] ?? []);
  const isSame = points.every((a) => points.every((b) => isTie(a.ns, b.ns)));
  if (isSame) return "No difference beyond the interval in median latency";
  const sorted = series.toSorted(
    (a, b) => (a.latency.curve[median]?.ns.median ?? 0) - (b.latency.curve[median]?.ns.median ?? 0),
  );
  const [first, second] = sorted;
  return `${first?.name} and ${second?.name} are first at the median; the difference between them is within the interval`;
}

function draw({ Plot, draw }: Plotter, width: number, series: readonly Series[]): string {
  const ends = series.flatMap(({ latency }) => [latency.bins[0]?.[0] ?? 1, latency.bins.at(-1)?.[1] ?? 1]);
  const domain: [number, number] = [Math.max(1, Math.min(...ends)), Math.max(...ends)];
  const ticks = logTicks(domain);
  return draw({
    width,
    height: isNarrow(width) ? 240 : 260,
    marginTop: 10,
    marginBottom: 30,
    marginLeft: 48,
    marginRight: 22,
    x: { type: "log", domain, label: null, ticks, tickFormat: durationTick, tickSize: 0 },
    y: {
      domain: [0, 1],
      label: null,
      ticks: [0, 0.25, 0.5, 0.75, 1],
      tickFormat: (share: number) => `${100 * share} %`,
      tickSize: 0,
    },
    marks: [
      Plot.gridX(ticks, { stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.gridY([0, 0.25, 0.5, 0.75, 1], { stroke: "var(--grid)", strokeOpacity: 1 }),
      ...series.map(({ name, latency }) => {
        const { colour, dash } = seriesStyle(name);
        return Plot.line(cumulative(latency), {
          className: seriesClass(name),
          stroke: colour,
          strokeWidth: 1.8,
          curve: "monotone-x",
          ...(dash !== undefined && { strokeDasharray: dash }),
        });
      }),
    ],
  });
}

function cumulative({ bins, lines }: Latency): [number, number][] {
  let sum = 0;
  const [first] = bins;
  const start: [number, number][] = first === undefined ? [] : [[first[0], 0]];
  return [
    ...start,
    ...bins.map(([, to, count]): [number, number] => {
      sum += count;
      return [to, sum / lines];
    }),
  ];
}
