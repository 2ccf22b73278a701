import { cellAt, mainRate, pacedCells, pacedRates, whyMissing } from "../cells.ts";
import { notesOf, readingCell } from "../numbers.ts";
import { butterfly, type Wings } from "../plot/butterfly.ts";
import { seriesStyle } from "../plot/series.ts";
import { blank, type Estimate, isBelow, isEstimate } from "../reading.ts";
import type { CellSummary, Summary } from "../summary.ts";
import { counted, digits, whole } from "../words.ts";
import type { FigureContent, FigureKind } from "./figure.ts";

const COLUMNS = [
  ["sender, kernel", "senderSystemUs"],
  ["sender, program", "senderUserUs"],
  ["sender, softirq", "senderSoftirqUs"],
  ["aggregator, kernel", "aggregatorSystemUs"],
  ["aggregator, program", "aggregatorUserUs"],
  ["aggregator, softirq", "aggregatorSoftirqUs"],
] as const;

/** Figure 9: CPU time per line on each side. */
export const cpuFigure: FigureKind = {
  id: "cpu",
  section: "cost",
  topic: "CPU time per line",
  content(summary) {
    const cells = busiestCells(summary).filter(({ readings }) => isEstimate(readings.senderUserUs));
    if (cells.length > 0) return contentOf(cells);
    const reading = busiestCells(summary)[0]?.readings.senderUserUs;
    return blank(reading === undefined || isEstimate(reading) ? whyMissing(summary, "paced") : reading.why);
  },
};

/** At the highest rate, where the programs' clocks tick often enough to tell. */
function busiestCells(summary: Summary): CellSummary[] {
  const rate = pacedRates(summary).at(-1) ?? mainRate(summary);
  const cells = rate === undefined ? [] : pacedCells(summary, rate);
  return summary.transports.flatMap(({ name }) => cellAt(cells, name) ?? []);
}

function contentOf(cells: readonly CellSummary[]): FigureContent {
  const rate = cells[0]?.load.linesPerSecond;
  return {
    finding: finding(cells),
    shows: `CPU time per line at ${typeof rate === "number" ? whole(rate) : "most"} lines a second, both sides, without the programs' start.`,
    howToRead:
      "Strong colour, next to the middle: in the kernel. Pale, outside: in the program. With tcp and udp the sender's kernel part includes delivery, which runs in softirq inside the send call.",
    description: `${cells.map(({ transport, readings }) => `${transport}: ${sideText(readings)}`).join("; ")}.`,
    numbers: {
      caption: "CPU time per line, µs. Softirq is part of the kernel's time",
      head: ["transport", ...COLUMNS.map(([title]) => title)],
      rows: cells.map(({ transport, readings }) => ({
        transport,
        name: transport,
        cells: COLUMNS.map(([, name]) => readingCell(readings[name], digits)),
      })),
      notes: notesOf(cells.flatMap(({ readings }) => COLUMNS.map(([, name]) => readings[name]))),
    },
    key: undefined,
    draw: (plotter, width) => butterfly(plotter, width, { rows: cells.map(wingsOf), text: digits, unit: "\u00a0µs" }),
  };
}

function sideText({
  senderUserUs,
  senderSystemUs,
  aggregatorUserUs,
  aggregatorSystemUs,
}: CellSummary["readings"]): string {
  const text = (a: number | null, b: number | null): string => digits((a ?? 0) + (b ?? 0));
  const sender = text(senderUserUs.median, senderSystemUs.median);
  return `sender ${sender} µs, aggregator ${text(aggregatorUserUs.median, aggregatorSystemUs.median)} µs`;
}

/** Which side pays more, beyond the intervals of both parts. */
function finding(cells: readonly CellSummary[]): string {
  const sides = cells.flatMap(({ readings: of }) => {
    const sender = added(of.senderUserUs, of.senderSystemUs);
    const aggregator = added(of.aggregatorUserUs, of.aggregatorSystemUs);
    return sender && aggregator ? [{ sender, aggregator }] : [];
  });
  const dearer = sides.filter(({ sender, aggregator }) => isBelow(aggregator, sender)).length;
  const cheaper = sides.filter(({ sender, aggregator }) => isBelow(sender, aggregator)).length;
  if (dearer === 0 && cheaper === 0) return "No difference beyond the interval between the two sides' CPU time";
  const on = (count: number): string =>
    count === sides.length ? "every transport" : `${counted(count)} of ${counted(sides.length)} transports`;
  if (dearer >= cheaper) return `The sender pays more than the aggregator, on ${on(dearer)}`;
  return `The aggregator pays more than the sender, on ${on(cheaper)}`;
}

/** Both together; their interval is at most as wide as both intervals. */
function added(a: CellSummary["readings"]["cpuUs"], b: CellSummary["readings"]["cpuUs"]): Estimate | undefined {
  if (!isEstimate(a) || !isEstimate(b)) return undefined;
  const sum = { median: a.median + b.median, low: a.low + b.low, high: a.high + b.high };
  return { ...sum, runs: Math.min(a.runs, b.runs), by: a.by };
}

function wingsOf({ transport, readings }: CellSummary): Wings {
  const { colour, pale } = seriesStyle(transport);
  const part = (name: (typeof COLUMNS)[number][1], isKernel: boolean): Wings["sender"][number] => ({
    value: readings[name].median ?? 0,
    fill: isKernel ? colour : pale,
    ink: isKernel ? "var(--on-strong)" : "var(--on-pale)",
  });
  return {
    transport,
    sender: [part("senderSystemUs", true), part("senderUserUs", false)],
    aggregator: [part("aggregatorSystemUs", true), part("aggregatorUserUs", false)],
  };
}
