import type { TransportName } from "../../core/transport-name.ts";
import { isBlank, isEstimate } from "../reading.ts";
import type { Calls, CellSummary, ReadingName, Summary } from "../summary.ts";
import { digits, duration } from "../words.ts";
import { table } from "./table.ts";

type Side = "sender" | "aggregator";

/** Rows per reading: what a line costs and waits for, beside the calls. */
const PER_LINE: readonly (readonly [title: string, name: ReadingName, format: (value: number) => string])[] = [
  ["latency, median", "p50Ns", duration],
  ["latency, 99 %", "p99Ns", duration],
  ["sender: context switches", "senderSwitches", digits],
  ["sender: wakeups", "senderWakeups", digits],
  ["aggregator: context switches", "aggregatorSwitches", digits],
  ["aggregator: wakeups", "aggregatorWakeups", digits],
  ["sender: bytes copied", "senderCopiedBytes", digits],
  ["aggregator: bytes copied", "aggregatorCopiedBytes", digits],
];

/** System calls, latency and wakeups of the reference load per line, all transports side by side, beside the Go program where it was run. */
export function analyses(summary: Summary): string {
  const cells = summary.cells.filter(({ scenario }) => scenario === "reference");
  if (cells.length === 0) return "";
  const names = summary.transports.map(({ name }) => name);
  const implementations = [...new Set(cells.map(({ implementation }) => implementation))];
  const columns = implementations.flatMap((implementation) =>
    names.map((name) => ({ name, implementation, cell: find(cells, name, implementation) })),
  );
  const head = ["", ...columns.map(({ name, implementation }) => (implementation === "node" ? name : `Go: ${name}`))];
  const all = columns.map(({ cell }) => cell);
  const parts = (["sender", "aggregator"] as const).map((side) => callTable(all, side, head));
  const readings = PER_LINE.map(([title, name, format]) => [
    title,
    ...all.map((cell) => readingText(cell, name, format)),
  ]);
  return [
    "## System calls, latency and wakeups per line",
    "The reference load, 10 lines per second from each producer. Calls are those between the first line and the last.",
    ...parts,
    table(head, readings),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function find(cells: readonly CellSummary[], name: TransportName, implementation: string): CellSummary | undefined {
  return cells.find((cell) => cell.transport === name && cell.implementation === implementation);
}

function callTable(cells: readonly (CellSummary | undefined)[], side: Side, head: readonly string[]): string {
  const calls = cells.map((cell) =>
    cell === undefined || isBlank(cell.calls[side]) ? undefined : (cell.calls[side] as Calls),
  );
  const names = [...new Set(calls.flatMap((of) => Object.keys(of ?? {})))];
  if (names.length === 0) return whyNoCalls(cells, side);
  const most = (name: string): number => Math.max(...calls.map((of) => of?.[name]?.median ?? 0));
  const shown = names.filter((name) => most(name) >= 0.01).sort((a, b) => most(b) - most(a));
  const rows = shown.map((name) => [
    `\`${name}\``,
    ...calls.map((of) => (of === undefined ? "–" : digits(of[name]?.median ?? 0))),
  ]);
  const sums = calls.map((of) =>
    of === undefined ? "–" : digits(Object.values(of).reduce((sum, { median }) => sum + (median ?? 0), 0)),
  );
  return table([`${side}'s calls per line`, ...head.slice(1)], [...rows, ["all", ...sums]]);
}

function whyNoCalls(cells: readonly (CellSummary | undefined)[], side: Side): string {
  const calls = cells.find((cell) => cell !== undefined)?.calls[side];
  return calls !== undefined && isBlank(calls) ? `The ${side}'s calls were not counted: ${calls.why}.` : "";
}

function readingText(cell: CellSummary | undefined, name: ReadingName, format: (value: number) => string): string {
  const reading = cell?.readings[name];
  return isEstimate(reading) ? format(reading.median) : "–";
}
