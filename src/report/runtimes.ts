import type { TransportName } from "../core/transport-name.ts";
import { mainRate } from "./cells.ts";
import { type NumbersCell, type NumbersTable, notesOf, readingCell, textCell } from "./numbers.ts";
import { ORIGINAL, ORIGINAL_CALLS } from "./original.ts";
import { blank, isBlank, type Reading } from "./reading.ts";
import type { Calls, CellSummary, ReadingName, Summary } from "./summary.ts";
import { digits, duration, percent, whole } from "./words.ts";

const PROGRAMS = [
  { implementation: "node", text: "this project, Node" },
  { implementation: "go", text: "Go program, here" },
] as const;

const MAIN: readonly (readonly [title: string, name: ReadingName, format: (value: number) => string])[] = [
  ["lost", "lostShare", percent],
  ["50 %", "p50Ns", duration],
  ["99 %", "p99Ns", duration],
  ["CPU µs a line", "cpuUs", digits],
];

/** Columns of calls: each call, or several that are the same to the reader. */
const CALLS: readonly (readonly [title: string, names: readonly string[]])[] = [
  ["send", ["write", "writev", "sendto", "sendmsg", "sendmmsg"]],
  ["epoll_pwait", ["epoll_pwait"]],
  ["futex", ["futex"]],
  ["nanosleep", ["nanosleep"]],
  ["read", ["read"]],
  ["mmap", ["mmap"]],
];

/** This project beside the Go program on the same machine, and beside what the Go original published; none where Go wasn't run. */
export function runtimes(summary: Summary): NumbersTable[] {
  if (!summary.cells.some(({ implementation }) => implementation === "go")) return [];
  return [latencies(summary), calls(summary)].filter(({ rows }) => rows.length > 0);
}

function latencies(summary: Summary): NumbersTable {
  const rate = mainRate(summary);
  const cells = both(summary, ({ scenario, load }) => scenario === "paced" && load.linesPerSecond === rate);
  return {
    caption: `Two runtimes on one kernel, at ${whole(rate ?? 0)} lines/s`,
    head: ["transport", "program", ...MAIN.map(([title]) => title), "as fast as they can, lines/s"],
    rows: cells.map(({ cell, text }) => {
      const flood = summary.cells.find((one) => one.scenario === "flood" && isOf(one, cell));
      const fastest = flood?.readings.linesPerSecond ?? blank("the run has no flood");
      const readings = MAIN.map(([, name, format]) => readingCell(cell.readings[name], format));
      return rowOf(cell.transport, text, [...readings, readingCell(fastest, whole)]);
    }),
    notes: notesOf(cells.flatMap(({ cell }) => MAIN.map(([, name]) => cell.readings[name]))),
  };
}

function calls(summary: Summary): NumbersTable {
  const cells = both(summary, ({ scenario }) => scenario === "reference").filter(({ cell }) => !isBlank(cell.allCalls));
  const lines = cells[0]?.cell.readings.offered.median ?? 0;
  const measured = cells.map(({ cell, text }) => {
    const of = cell.allCalls as Calls;
    const sums = CALLS.map(([, names]) => total(of, names));
    return rowOf(cell.transport, text, [...sums, total(of, Object.keys(of))].map(count));
  });
  const published = summary.transports.map(({ name }) => {
    const of = ORIGINAL_CALLS[name];
    const cellsOf = CALLS.map(([, names]) => count(names.reduce((sum, call) => sum + (of[call] ?? 0), 0)));
    return rowOf(name, ORIGINAL, [...cellsOf, count(of["all"] ?? 0)]);
  });
  return {
    caption: `The senders' system calls from start to end, ${whole(lines)} lines`,
    head: ["transport", "program", ...CALLS.map(([title]) => title), "all"],
    rows: measured.length === 0 ? [] : [...measured, ...published],
    notes: [
      ...notesOf(cells.flatMap(({ cell }) => Object.values(cell.allCalls as Calls))),
      `${ORIGINAL}: 5 producers with 50 lines each on another machine, as its documents say`,
    ],
  };
}

/** The cells of a load, both programs of a transport beneath each other. */
function both(
  { cells, transports }: Summary,
  isMeant: (cell: CellSummary) => boolean,
): { readonly cell: CellSummary; readonly text: string }[] {
  return transports.flatMap(({ name }) =>
    PROGRAMS.flatMap(({ implementation, text }) =>
      cells
        .filter((cell) => cell.transport === name && cell.implementation === implementation && isMeant(cell))
        .map((cell) => ({ cell, text })),
    ),
  );
}

function isOf(one: CellSummary, { transport, implementation }: CellSummary): boolean {
  return one.transport === transport && one.implementation === implementation;
}

function rowOf(transport: TransportName, program: string, cells: readonly NumbersCell[]): NumbersTable["rows"][number] {
  return { transport, name: transport, cells: [textCell(program), ...cells] };
}

function total(of: Calls, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + ((of[name] as Reading | undefined)?.median ?? 0), 0);
}

function count(value: number): NumbersCell {
  return textCell(value === 0 ? "–" : whole(value), value);
}
