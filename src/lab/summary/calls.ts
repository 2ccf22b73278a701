import { type Blank, blank, type Reading } from "../../report/reading.ts";
import type { Calls } from "../../report/summary.ts";
import type { CellLine, SideCosts } from "../results/cell-line.ts";
import { type Measured, measured, unmeasured } from "../results/measured.ts";
import { readingOf } from "./readings.ts";

type Counted = (cell: CellLine) => SideCosts["systemCalls"];

/** System calls per line by name, those between the first line and the last: of the cells that counted them. */
export function callsOf(cells: readonly CellLine[], side: "sender" | "aggregator"): Calls | Blank {
  return namedCalls(
    cells,
    (cell) => cell.costs[side].systemCalls,
    (calls, cell) => calls / Math.max(1, cell.counts.sent),
  );
}

/** The senders' system calls by name from their start to their end, all senders together. */
export function allCallsOf(cells: readonly CellLine[]): Calls | Blank {
  return namedCalls(
    cells,
    (cell) => cell.costs.sender.allSystemCalls,
    (calls) => calls,
  );
}

function namedCalls(
  cells: readonly CellLine[],
  read: Counted,
  value: (calls: number, cell: CellLine) => number,
): Calls | Blank {
  const counting = cells.filter((cell) => read(cell).value !== null);
  const names = new Set(counting.flatMap((cell) => Object.keys(read(cell).value ?? {})));
  if (counting.length === 0) {
    const last = cells.findLast(({ traced }) => traced) ?? cells.at(-1);
    const figure = last && read(last);
    return blank(figure?.value === null ? figure.why : "not measured");
  }
  const reading = (name: string): Reading =>
    readingOf(counting, (cell): Measured<number> => {
      const figure = read(cell);
      return figure.value === null ? unmeasured(figure.why) : measured(figure.by, value(figure.value[name] ?? 0, cell));
    });
  return Object.fromEntries([...names].map((name) => [name, reading(name)]));
}
