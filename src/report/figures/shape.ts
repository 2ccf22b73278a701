import { andList } from "../../core/word-list.ts";
import { mainCells, mainRate, whyMissing } from "../cells.ts";
import { notesOf, readingCell } from "../numbers.ts";
import { durationTick, isNarrow, logTicks } from "../plot/axes.ts";
import type { Mark, Plotter } from "../plot/draw.ts";
import { seriesClass, seriesStyle } from "../plot/series.ts";
import { blank, isEstimate } from "../reading.ts";
import type { CellSummary } from "../summary.ts";
import { counted, duration, whole } from "../words.ts";
import { type Density, densityOf, hillsOf } from "./density.ts";
import type { FigureContent, FigureKind } from "./figure.ts";
import { seriesOf } from "./latency.ts";

/** How many rows the highest hill covers. */
const HILL_ROWS = 1.6;
const TICKS = [
  ["50 %", "p50Ns"],
  ["90 %", "p90Ns"],
  ["99 %", "p99Ns"],
] as const;

/** Figure 2: one histogram per transport on a common axis. */
export const shapeFigure: FigureKind = {
  id: "shape",
  section: "latency",
  topic: "The shape of latency",
  content(summary) {
    const cells = mainCells(summary);
    const rate = mainRate(summary);
    if (rate === undefined || seriesOf(cells).length === 0) return blank(whyMissing(summary, "paced"));
    return contentOf(cells, rate);
  },
};

function contentOf(cells: readonly CellSummary[], rate: number): FigureContent {
  const densities = seriesOf(cells).map(({ name, latency }) => ({ name, density: densityOf(latency) }));
  return {
    finding: finding(densities),
    shows: `The lines of Figure 1 as histograms, one hill per transport, on one scale.`,
    howToRead:
      "Height is the share of lines with that latency. Ticks are at 50, 90 and 99 %. Two hills mean two kinds of line, for instance those that found the reader asleep.",
    description: `${densities.map(({ name, density }) => `${name}: most lines near ${duration(peakOf(density))}`).join("; ")}.`,
    numbers: {
      caption: `Where the lines are, at ${whole(rate)} lines/s`,
      head: ["transport", "most near", ...TICKS.map(([title]) => title)],
      rows: cells.flatMap(({ transport, readings }) => {
        const density = densities.find(({ name }) => name === transport)?.density;
        if (density === undefined) return [];
        const peak = peakOf(density);
        const cell = { text: duration(peak), sort: peak };
        const others = TICKS.map(([, name]) => readingCell(readings[name], duration));
        return [{ transport, name: transport, cells: [cell, ...others] }];
      }),
      notes: notesOf(cells.flatMap(({ readings }) => TICKS.map(([, name]) => readings[name]))),
    },
    key: undefined,
    draw: (plotter, width) => draw(plotter, width, { densities, cells }),
  };
}

function peakOf(density: Density): number {
  return density.reduce((top, point) => (point.share > top.share ? point : top)).ns;
}

function finding(densities: readonly { readonly name: string; readonly density: Density }[]): string {
  const several = densities.filter(({ density }) => hillsOf(density) > 1).map(({ name }) => name);
  if (several.length === 0) {
    const times = densities.length === 1 ? "One transport" : `The same shape ${counted(densities.length)} times`;
    return `${times}: one hill, and a long thin tail`;
  }
  if (several.length === densities.length) return "All have more than one hill: there are several kinds of line";
  return `${andList(several)} ${several.length === 1 ? "has" : "have"} more than one hill, the others one`;
}

interface Drawn {
  readonly densities: readonly { readonly name: CellSummary["transport"]; readonly density: Density }[];
  readonly cells: readonly CellSummary[];
}

function draw(plotter: Plotter, width: number, { densities, cells }: Drawn): string {
  const { Plot } = plotter;
  const all = densities.flatMap(({ density }) => density);
  const domain: [number, number] = [Math.min(...all.map(({ ns }) => ns)), Math.max(...all.map(({ ns }) => ns))];
  const highest = Math.max(...all.map(({ share }) => share));
  const marginLeft = 76;
  const hills = densities.flatMap(({ name, density }, row) => hill(plotter, { name, density, row, highest }));
  const ticks = cells.flatMap((cell) =>
    percentileTicks(
      plotter,
      cell,
      densities.findIndex(({ name }) => name === cell.transport),
    ),
  );
  return plotter.draw({
    width,
    height: 56 * densities.length + 90,
    marginTop: 4,
    marginBottom: 30,
    marginLeft,
    marginRight: isNarrow(width) ? 16 : 20,
    x: { type: "log", domain, label: null, ticks: logTicks(domain), tickFormat: durationTick, tickSize: 0 },
    y: { domain: [-densities.length + 0.6, HILL_ROWS], axis: null },
    marks: [
      Plot.gridX(logTicks(domain), { stroke: "var(--grid)", strokeOpacity: 1 }),
      ...hills,
      ...ticks,
      ...densities.map(({ name }, row) =>
        Plot.text([name], {
          className: seriesClass(name),
          frameAnchor: "left",
          y: -row,
          text: () => name,
          dx: -marginLeft,
          dy: -8,
          textAnchor: "start",
          fill: seriesStyle(name).colour,
          fontWeight: "600",
        }),
      ),
    ],
  });
}

function hill(
  { Plot }: Plotter,
  { name, density, row, highest }: { name: CellSummary["transport"]; density: Density; row: number; highest: number },
): Mark[] {
  const { colour, pale, dash } = seriesStyle(name);
  const className = seriesClass(name);
  const y = ({ share }: Density[number]): number => -row + (HILL_ROWS * share) / highest;
  const x = "ns";
  return [
    Plot.areaY(density, { className, x, y1: -row, y2: y, fill: pale, fillOpacity: 0.7, curve: "basis" }),
    Plot.lineY(density, {
      className,
      x,
      y,
      stroke: colour,
      strokeWidth: 1.5,
      curve: "basis",
      ...(dash !== undefined && { strokeDasharray: dash }),
    }),
  ];
}

function percentileTicks({ Plot }: Plotter, { transport, readings }: CellSummary, row: number): Mark[] {
  const places = TICKS.flatMap(([, name]) => {
    const reading = readings[name];
    return isEstimate(reading) ? [reading.median] : [];
  });
  if (row < 0) return [];
  return [
    Plot.ruleX(places, {
      className: seriesClass(transport),
      x: (ns) => ns,
      y1: -row,
      y2: -row - 0.17,
      stroke: seriesStyle(transport).colour,
      strokeWidth: 2,
    }),
  ];
}
