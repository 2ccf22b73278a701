import { cellsWith } from "../cells.ts";
import { notesOf, textCell } from "../numbers.ts";
import { butterfly, type WingPart } from "../plot/butterfly.ts";
import { blank, isBlank, isEstimate, type Reading } from "../reading.ts";
import type { Calls, CellSummary } from "../summary.ts";
import { digits, whole } from "../words.ts";
import type { FigureContent, FigureKind } from "./figure.ts";

type Side = "sender" | "aggregator";

/** Kinds of calls from the middle outwards. `write` moves the line at the sender and stores it at the aggregator. */
const KINDS = [
  { text: "send or receive", sender: /^(write|writev|send.*)$/, aggregator: /^(read|readv|recv.*|accept4?)$/ },
  { text: "wait for events", sender: /^(epoll_.*|poll|ppoll)$/, aggregator: /^(epoll_.*|poll|ppoll)$/ },
  { text: "futex", sender: /^futex$/, aggregator: /^futex$/ },
  { text: "write to the file", sender: /^$/, aggregator: /^(write|writev|pwrite.*|fdatasync|fsync)$/ },
  {
    text: "memory",
    sender: /^(mmap|munmap|madvise|brk|mprotect|mremap)$/,
    aggregator: /^(mmap|munmap|madvise|brk|mprotect|mremap)$/,
  },
  { text: "other", sender: /^/, aggregator: /^/ },
] as const;

interface Row {
  readonly cell: CellSummary;
  /** Calls per line of each kind. */
  readonly sender: readonly number[];
  readonly aggregator: readonly number[];
}

/** Figure 8: system calls per line on each side. */
export const syscallsFigure: FigureKind = {
  id: "syscalls",
  section: "cost",
  topic: "System calls per line",
  content(summary) {
    const { found, why } = cellsWith(summary, (cell) => callRow(cell) ?? blank(whyNot(cell)));
    const rows = found.map(({ value }) => value);
    return rows.length === 0 ? blank(why) : contentOf(rows);
  },
};

function whyNot({ calls }: CellSummary): string {
  return isBlank(calls.sender) ? calls.sender.why : isBlank(calls.aggregator) ? calls.aggregator.why : "";
}

function callRow(cell: CellSummary): Row | undefined {
  const { sender, aggregator } = cell.calls;
  if (isBlank(sender) || isBlank(aggregator)) return undefined;
  return { cell, sender: kindsOf(sender, "sender"), aggregator: kindsOf(aggregator, "aggregator") };
}

/** Calls per line by kind: the first kind that a name fits. */
function kindsOf(calls: Calls, side: Side): number[] {
  const sums = KINDS.map(() => 0);
  for (const [name, reading] of Object.entries(calls)) {
    const kind = KINDS.findIndex((one) => one[side].test(name));
    sums[kind] = (sums[kind] ?? 0) + (reading.median ?? 0);
  }
  return sums;
}

function contentOf(rows: readonly Row[]): FigureContent {
  const load = rows[0]?.cell.load;
  const rate = typeof load?.linesPerSecond === "number" ? `${whole(load.linesPerSecond)} lines a second` : "full speed";
  return {
    finding: finding(rows),
    shows: `System calls per line at ${rate}, those between the first line and the last: sender on the left, aggregator on the right.`,
    howToRead:
      "Longer is dearer. The segments are the same kinds of call on both sides, in the same order outwards from the middle.",
    description: `${rows.map(({ cell, sender, aggregator }) => `${cell.transport}: sender ${digits(total(sender))}, aggregator ${digits(total(aggregator))} calls per line`).join("; ")}.`,
    numbers: {
      caption: "Calls per line by name, sender / aggregator",
      head: ["transport", ...namesOf(rows), "all"],
      rows: rows.map((row) => ({
        transport: row.cell.transport,
        name: row.cell.transport,
        cells: cellsOfRow(row, rows),
      })),
      notes: notesOf(rows.flatMap(({ cell }) => readingsOf(cell))),
    },
    key: KINDS.map(({ text }, at) => ({ colour: `var(--part-${at + 1})`, text })),
    draw: (plotter, width) =>
      butterfly(plotter, width, {
        rows: rows.map(({ cell, sender, aggregator }) => ({
          transport: cell.transport,
          sender: sender.map(wingPart),
          aggregator: aggregator.map(wingPart),
        })),
        text: digits,
      }),
  };
}

function wingPart(value: number, at: number): WingPart {
  return { value, fill: `var(--part-${at + 1})`, ink: `var(--on-part-${at + 1})` };
}

function finding(rows: readonly Row[]): string {
  const [least, most] = rangeOf(rows.map(({ sender }) => total(sender)));
  const moving = rangeOf(rows.map(({ sender }) => sender[0] ?? 0));
  const range = (values: readonly [number, number]): string => {
    const [low, high] = values.map(digits);
    return low === high ? `${low}` : `${low} to ${high}`;
  };
  const reading = rangeOf(rows.map(({ aggregator }) => total(aggregator)));
  return `A line costs the sender ${range([least, most])} calls, ${range(moving)} of which move it, and the aggregator ${range(reading)}`;
}

function rangeOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The names with at least a hundredth of a call per line somewhere, the most frequent first. */
function namesOf(rows: readonly Row[]): string[] {
  const most = new Map<string, number>();
  for (const { cell } of rows) {
    for (const calls of [cell.calls.sender, cell.calls.aggregator]) {
      if (isBlank(calls)) continue;
      for (const [name, { median }] of Object.entries(calls))
        most.set(name, Math.max(most.get(name) ?? 0, median ?? 0));
    }
  }
  return [...most]
    .filter(([, calls]) => calls >= 0.01)
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => name);
}

function cellsOfRow(row: Row, rows: readonly Row[]): ReturnType<typeof textCell>[] {
  const { sender, aggregator } = row.cell.calls;
  const of = (calls: Calls | { why: string }, name: string): number =>
    isBlank(calls) ? 0 : ((calls as Calls)[name]?.median ?? 0);
  const both = (a: number, b: number): ReturnType<typeof textCell> => textCell(`${digits(a)} / ${digits(b)}`, a + b);
  return [
    ...namesOf(rows).map((name) => both(of(sender, name), of(aggregator, name))),
    both(total(row.sender), total(row.aggregator)),
  ];
}

function readingsOf({ calls }: CellSummary): Reading[] {
  return [calls.sender, calls.aggregator].flatMap((side) =>
    isBlank(side) ? [] : Object.values(side).filter(isEstimate),
  );
}
