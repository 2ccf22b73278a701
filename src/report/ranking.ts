import { TRANSPORT_NAMES } from "../core/transport-name.ts";
import { type MainRow, mainRows } from "./main-table.ts";
import { type Estimate, isBelow, isEstimate, type Reading } from "./reading.ts";
import type { Summary } from "./summary.ts";

/**
 * The rows of the first table, best first: those that lost nothing in any load, then by the rate that they hold, then by p99, and
 * among those that tie on p99 the one without a limit on lines, that with the lower CPU time beyond the interval, that with the
 * lower median beyond the interval. What is left are equals: the first of TRANSPORTS goes first, unixsock before all.
 */
export function ranked(summary: Summary): MainRow[] {
  return inOrder(mainRows(summary));
}

/** Rows by the same rules, whatever load they are of. */
export function inOrder(rows: readonly MainRow[]): MainRow[] {
  const left = [...rows];
  const order: MainRow[] = [];
  while (left.length > 0) {
    const next = best(left);
    order.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return order;
}

function best(rows: readonly MainRow[]): MainRow {
  let left = keep(rows, (row) => !row.losesLines);
  const most = Math.max(...left.map((row) => row.holds ?? -1));
  left = keep(left, (row) => (row.holds ?? -1) === most);
  left = notBeaten(left, (row) => row.p99Ns);
  left = keep(left, (row) => row.facts.lineBytesMax === null);
  left = notBeaten(left, (row) => row.cpuUs);
  left = notBeaten(left, (row) => row.p50Ns);
  const [first] = left.toSorted((a, b) => place(a) - place(b));
  if (first === undefined) throw new RangeError("no rows to choose from");
  return first;
}

/** Those with a property, or all where none has it. */
function keep(rows: readonly MainRow[], has: (row: MainRow) => boolean): readonly MainRow[] {
  const found = rows.filter(has);
  return found.length === 0 ? rows : found;
}

/** Those that tie with the lowest. */
function notBeaten(rows: readonly MainRow[], read: (row: MainRow) => Reading): readonly MainRow[] {
  const lowest = rows
    .map(read)
    .filter(isEstimate)
    .reduce<Estimate | undefined>((low, one) => (low === undefined || one.median < low.median ? one : low), undefined);
  if (lowest === undefined) return rows;
  return keep(rows, (row) => {
    const reading = read(row);
    return isEstimate(reading) && !isBelow(lowest, reading);
  });
}

function place({ transport }: MainRow): number {
  return TRANSPORT_NAMES.indexOf(transport);
}
