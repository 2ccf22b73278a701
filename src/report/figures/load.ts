import type { TransportName } from "../../core/transport-name.ts";
import { andList } from "../../core/word-list.ts";
import { cellAt, pacedCells, pacedRates, whyMissing } from "../cells.ts";
import { type NumbersCell, notesOf } from "../numbers.ts";
import { isNarrow } from "../plot/axes.ts";
import type { Mark, Plotter } from "../plot/draw.ts";
import { seriesClass, seriesStyle } from "../plot/series.ts";
import { blank, isEstimate } from "../reading.ts";
import type { CellSummary, Summary } from "../summary.ts";
import { percent, short, whole } from "../words.ts";
import type { FigureContent, FigureKind } from "./figure.ts";

/** What became of the lines of one load: shares of those offered. */
export interface Fate {
  readonly transport: TransportName;
  readonly rate: number;
  readonly late: number;
  readonly lost: number;
}

/** Of a row's height. */
const BAR = 0.8;

/** Figure 4: in time, late or lost, by offered rate. */
export const loadFigure: FigureKind = {
  id: "load",
  section: "load",
  topic: "Lines in time, late and lost",
  content(summary) {
    const fates = fatesOf(summary);
    return fates.length === 0 ? blank(whyMissing(summary, "paced")) : contentOf(summary, fates);
  },
};

/** For each transport and rate of `paced`. */
export function fatesOf(summary: Summary): Fate[] {
  return pacedRates(summary).flatMap((rate) =>
    pacedCells(summary, rate).flatMap(({ transport, readings: { lostShare, lateShare } }) =>
      isEstimate(lostShare) && isEstimate(lateShare)
        ? [{ transport, rate, lost: lostShare.median, late: Math.min(lateShare.median, 1 - lostShare.median) }]
        : [],
    ),
  );
}

function contentOf(summary: Summary, fates: readonly Fate[]): FigureContent {
  const rates = pacedRates(summary);
  const names = summary.transports.map(({ name }) => name);
  const cells = rates.flatMap((rate) => pacedCells(summary, rate));
  return {
    finding: finding(fates, rates),
    shows: "What became of the lines offered at each rate, whether or not the transport kept up.",
    howToRead:
      "Full bars kept up. Pale: stored more than 100 ms after they were due, late but safe. Red stripes: lost for ever.",
    description: `${names.map((name) => `${name}: ${sentence(fates, name)}`).join("; ")}.`,
    numbers: {
      caption: "Share of the offered lines that were late, and lost",
      head: ["transport", ...rates.flatMap((rate) => [`late at ${short(rate)}/s`, "lost"])],
      rows: names.map((name) => ({
        transport: name,
        name,
        cells: rates.flatMap((rate) => rowCells(summary, rate, name)),
      })),
      notes: notesOf(cells.flatMap(({ readings }) => [readings.lostShare, readings.lateShare])),
    },
    key: undefined,
    draw: (plotter, width) => draw(plotter, width, { fates, rates, names }),
  };
}

function rowCells(summary: Summary, rate: number, name: TransportName): NumbersCell[] {
  const readings: CellSummary["readings"] | undefined = cellAt(pacedCells(summary, rate), name)?.readings;
  return [readings?.lateShare, readings?.lostShare].map((reading) =>
    isEstimate(reading) ? { text: percent(reading.median), sort: reading.median } : { text: "–", sort: null },
  );
}

function sentence(fates: readonly Fate[], name: TransportName): string {
  const own = fates.filter(({ transport }) => transport === name);
  const impaired = own.filter(({ late, lost }) => late > 0 || lost > 0);
  if (impaired.length === 0) return "all in time";
  return impaired
    .map(({ rate, late, lost }) => `${percent(late)} late and ${percent(lost)} lost at ${whole(rate)} lines/s`)
    .join(", ");
}

/** Who made lines late, who lost them. */
function finding(fates: readonly Fate[], rates: readonly number[]): string {
  const having = (has: (fate: Fate) => boolean): string[] => [
    ...new Set(fates.filter(has).map(({ transport }) => transport)),
  ];
  const losing = having(({ lost }) => lost > 0);
  const waiting = having(({ late, lost }) => late > 0 && lost === 0).filter((name) => !losing.includes(name));
  const upTo = `${whole(rates.at(-1) ?? 0)} lines/s`;
  if (losing.length === 0 && waiting.length === 0) return `All kept up with every rate, up to ${upTo}`;
  const parts: string[] = [];
  if (waiting.length > 0) parts.push(`${andList(waiting)} ${waiting.length === 1 ? "makes" : "make"} the sender wait`);
  if (losing.length > 0) parts.push(`${andList(losing)} ${losing.length === 1 ? "throws" : "throw"} lines away`);
  return `Too fast? ${parts.join(", ")}`;
}

interface Drawn {
  readonly fates: readonly Fate[];
  readonly rates: readonly number[];
  readonly names: readonly TransportName[];
}

function draw(plotter: Plotter, width: number, { fates, rates, names }: Drawn): string {
  const marginLeft = 76;
  const rowPx = isNarrow(width) ? 48 : 56;
  const columnPx = (width - marginLeft - 16) / rates.length;
  const { Plot } = plotter;
  return plotter.draw({
    width,
    height: rowPx * names.length + 34,
    marginTop: 4,
    marginBottom: 30,
    marginLeft,
    marginRight: 16,
    x: { domain: [0, rates.length], axis: null },
    y: { domain: [-names.length, 0], axis: null },
    marks: [
      ...fates.flatMap((fate) => {
        const place = { column: rates.indexOf(fate.rate), row: names.indexOf(fate.transport) };
        return bar(plotter, fate, { ...place, rowPx, columnPx });
      }),
      ...names.map((name, row) =>
        Plot.text([name], {
          className: seriesClass(name),
          frameAnchor: "left",
          y: -row - 0.5,
          text: () => name,
          dx: -marginLeft,
          textAnchor: "start",
          fill: seriesStyle(name).colour,
          fontWeight: "600",
        }),
      ),
      Plot.text(rates, {
        x: (_, at) => at + 0.5,
        frameAnchor: "bottom",
        dy: 20,
        text: (rate: number) => `${short(rate)}${isNarrow(width) ? "/s" : " lines/s"}`,
      }),
    ],
  });
}

interface Place {
  readonly column: number;
  readonly row: number;
  readonly rowPx: number;
  readonly columnPx: number;
}

function bar({ Plot }: Plotter, { transport, late, lost }: Fate, { column, row, rowPx, columnPx }: Place): Mark[] {
  const { colour, pale } = seriesStyle(transport);
  const className = seriesClass(transport);
  const bottom = -row - 1 + (1 - BAR) / 2;
  const inTime = 1 - late - lost;
  const parts = [
    { from: 0, to: inTime, fill: colour, ink: "", text: "" },
    { from: inTime, to: inTime + late, fill: pale, ink: "var(--on-pale)", text: `${percent(late)} late` },
    { from: inTime + late, to: 1, fill: "url(#stripes)", ink: "var(--lost)", text: `${percent(lost)} lost` },
  ].filter(({ from, to }) => to - from > 0.001);
  return parts.flatMap(({ from, to, fill, ink, text }) => {
    const [y1, y2] = [bottom + BAR * from, bottom + BAR * to];
    const isLost = ink === "var(--lost)";
    const shape = { className, x1: column + 0.05, x2: column + 0.95, y1, y2, fill };
    const rect = Plot.rect([0], isLost ? { ...shape, stroke: "var(--lost)" } : shape);
    const fits = text !== "" && (y2 - y1) * rowPx >= 12 && 6.4 * text.length < 0.9 * columnPx;
    if (!fits) return [rect];
    const halo = isLost ? { stroke: "var(--paper)", strokeWidth: 5, fontWeight: "600" } : {};
    return [
      rect,
      Plot.text([0], { className, x: column + 0.5, y: (y1 + y2) / 2, text: () => text, fill: ink, ...halo }),
    ];
  });
}
