import { cellsOf } from "./cells.ts";
import { type NumbersTable, notesOf, readingCell, textCell } from "./numbers.ts";
import type { ReadingName, Summary } from "./summary.ts";
import { bytes, digits, duration, percent, whole } from "./words.ts";

type Column = readonly [title: string, reading: ReadingName, format: (value: number) => string];

const LATENCY: readonly Column[] = [
  ["50 %", "p50Ns", duration],
  ["99 %", "p99Ns", duration],
];
const LOST: Column = ["lost", "lostShare", percent];

/** Loads that no figure shows, each with its readings. A new scenario is a line here. */
const LOADS: readonly { readonly scenario: string; readonly title: string; readonly columns: readonly Column[] }[] = [
  {
    scenario: "flood",
    title: "As fast as they can",
    columns: [
      ["lines/s", "linesPerSecond", whole],
      ["MB/s", "bytesPerSecond", (value) => digits(value / 1e6)],
      LOST,
      ["CPU µs a line", "cpuUs", digits],
      ["peak memory", "aggregatorRssBytes", bytes],
    ],
  },
  {
    scenario: "slow-receiver",
    title: "As fast as they can, and the aggregator stops for a second",
    columns: [LOST, ["senders waited, all together", "blockedSeconds", (value) => duration(1e9 * value)]],
  },
  {
    scenario: "loss-onset",
    title: "The highest rate without a lost or late line",
    columns: [["lines/s", "onsetLinesPerSecond", whole]],
  },
  {
    scenario: "sizes",
    title: "Sizes of messages",
    columns: [...LATENCY, ["MB/s", "bytesPerSecond", (value) => digits(value / 1e6)], LOST],
  },
  {
    scenario: "senders",
    title: "Numbers of senders",
    columns: [...LATENCY, LOST, ["late", "lateShare", percent], ["peak memory", "aggregatorRssBytes", bytes]],
  },
  {
    scenario: "restart",
    title: "The aggregator is killed and started again",
    columns: [
      LOST,
      ["lines twice", "duplicates", whole],
      ["until a line was stored again", "recoverySeconds", (value) => duration(1e9 * value)],
    ],
  },
  {
    scenario: "ack",
    title: "Acknowledged and synced",
    columns: [...LATENCY, LOST, ["CPU µs a line", "cpuUs", digits]],
  },
];

/** A table for each of these loads that the run has. */
export function otherLoads(summary: Summary): NumbersTable[] {
  return LOADS.flatMap(({ scenario, title, columns }) => {
    const cells = cellsOf(summary, scenario);
    if (cells.length === 0) return [];
    const hasVariants = cells.some(({ variant }) => variant !== "-");
    const rows = cells.map(({ transport, variant, readings }) => {
      const values = columns.map(([, name, format]) => readingCell(readings[name], format));
      const load = Number(variant);
      const first = hasVariants ? [textCell(variant, Number.isNaN(load) ? variant : load)] : [];
      return { transport, name: transport, cells: [...first, ...values] };
    });
    const head = ["transport", ...(hasVariants ? ["load"] : []), ...columns.map(([name]) => name)];
    const notes = notesOf(cells.flatMap(({ readings }) => columns.map(([, name]) => readings[name])));
    return [{ caption: title, head, rows, notes }];
  });
}
