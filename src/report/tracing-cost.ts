import { mainRate } from "./cells.ts";
import { type NumbersTable, notesOf, readingCell, textCell } from "./numbers.ts";
import { isBlank } from "./reading.ts";
import type { CellSummary, Summary, TracedReadings } from "./summary.ts";
import { digits, duration, whole } from "./words.ts";

const COLUMNS: readonly (readonly [title: string, name: keyof TracedReadings, format: (value: number) => string])[] = [
  ["50 %", "p50Ns", duration],
  ["99 %", "p99Ns", duration],
  ["CPU µs a line", "cpuUs", digits],
];

/** Cells beside their twins with tracers attached: what tracing costs. None where nothing was traced. */
export function tracingCost(summary: Summary): NumbersTable[] {
  const rate = mainRate(summary);
  const cells = summary.cells.filter(
    ({ scenario, load, implementation, traced }) =>
      implementation === "node" &&
      (scenario === "reference" || (scenario === "paced" && load.linesPerSecond === rate)) &&
      !isBlank(traced),
  );
  if (cells.length === 0) return [];
  return [
    {
      caption: "What tracing costs: the same load without tracers, and with them",
      head: ["transport", "load", ...COLUMNS.flatMap(([title]) => [title, `${title}, traced`])],
      rows: cells.map((cell) => ({
        transport: cell.transport,
        name: cell.transport,
        cells: [loadCell(cell), ...COLUMNS.flatMap((column) => pair(cell, column))],
      })),
      notes: notesOf(cells.flatMap(({ traced }) => (isBlank(traced) ? [] : Object.values(traced)))),
    },
  ];
}

function loadCell({ load: { linesPerSecond } }: CellSummary): NumbersTable["rows"][number]["cells"][number] {
  return linesPerSecond === "max"
    ? textCell("full speed", Number.POSITIVE_INFINITY)
    : textCell(`${whole(linesPerSecond)} lines/s`, linesPerSecond);
}

function pair(
  { readings, traced }: CellSummary,
  [, name, format]: (typeof COLUMNS)[number],
): NumbersTable["rows"][number]["cells"] {
  const without = readingCell(readings[name], format);
  return isBlank(traced) ? [without] : [without, readingCell(traced[name], format)];
}
