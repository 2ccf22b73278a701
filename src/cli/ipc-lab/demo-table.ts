import { andList } from "../../core/word-list.ts";
import type { CellLine } from "../../lab/results/cell-line.ts";
import { histogramPercentile } from "../../lab/statistics/histogram.ts";
import { type Column, tableHead, tableRow } from "../../report/text-table.ts";
import { percent } from "../../report/words.ts";

/** What the demo shows of one transport: a line of JSON, and a row of its tables. */
export interface DemoRow {
  readonly transport: string;
  readonly sent: number;
  /** Distinct lines in the file. */
  readonly stored: number;
  readonly lost: number;
  /** Lines lost by class of the ledger. */
  readonly classes: Readonly<Record<string, number>>;
  readonly duplicates: number;
  readonly reordered: number;
  /** Lines in the file that no producer of the demo wrote. */
  readonly foreign: number;
  /** From the first line until the last one was in the file. */
  readonly seconds: number;
  /** How long each producer's sends waited for the aggregator, on average. */
  readonly waitedSeconds: number | null;
  /** From when a line was due, or sent where it had no time, until it could be read in the file. */
  readonly latencyP50Ms: number | null;
  readonly latencyP99Ms: number | null;
  /** Lines that are missing without a class: 0, or a bug. */
  readonly residue: number | null;
}

export function demoRow({ transport, counts, seconds, blockedSeconds, latency, parameters }: CellLine): DemoRow {
  const { sent, stored, duplicates, reordered, foreign, residue } = counts;
  const histogram = latency.sinceDue.value ?? latency.sinceSent.value;
  const milliseconds = (share: number): number | null => {
    const ns = histogram === null ? undefined : histogramPercentile(histogram, share);
    return ns === undefined ? null : ns / 1e6;
  };
  const lost = Object.entries(counts.lost).flatMap(([name, { value }]) => (value === null ? [] : [[name, value]]));
  return {
    ...{ transport, sent, stored, lost: sent - stored, classes: Object.fromEntries(lost) },
    ...{ duplicates, reordered, foreign, seconds },
    waitedSeconds: blockedSeconds.value === null ? null : blockedSeconds.value / parameters.senders,
    latencyP50Ms: milliseconds(0.5),
    latencyP99Ms: milliseconds(0.99),
    residue: residue.value,
  };
}

const COUNTS: readonly Column<DemoRow>[] = [
  { title: "transport", width: 9, align: "left", cell: (row) => row.transport },
  { title: "sent", width: 8, align: "right", cell: (row) => String(row.sent) },
  { title: "stored", width: 8, align: "right", cell: (row) => String(row.stored) },
  { title: "lost", width: 6, align: "right", cell: (row) => String(row.lost) },
];
const SECONDS: Column<DemoRow> = { title: "seconds", width: 7, align: "right", cell: (row) => row.seconds.toFixed(2) };

const USUAL: readonly Column<DemoRow>[] = [
  ...COUNTS,
  { title: "duplicates", width: 10, align: "right", cell: (row) => String(row.duplicates) },
  SECONDS,
  { title: "p50 ms", width: 6, align: "right", cell: (row) => fixed(row.latencyP50Ms) },
  { title: "p99 ms", width: 6, align: "right", cell: (row) => fixed(row.latencyP99Ms) },
];

const SLOW_RECEIVER: readonly Column<DemoRow>[] = [
  ...COUNTS,
  SECONDS,
  { title: "waited s", width: 8, align: "right", cell: (row) => fixed(row.waitedSeconds) },
  { title: "lost as", width: 11, align: "left", cell: (row) => lossClasses(row).join(", ") || "–" },
];

/** The table of the demo, a row at a time. */
export interface DemoTable {
  readonly head: readonly string[];
  readonly foot: string;
  row(row: DemoRow): string;
}

export const USUAL_TABLE: DemoTable = {
  head: tableHead(USUAL),
  foot: "latency: from when a line was due to when it can be read in the file",
  row: (row) => tableRow(USUAL, row),
};

export const SLOW_RECEIVER_TABLE: DemoTable = {
  head: tableHead(SLOW_RECEIVER),
  foot: "waited: how long each producer's sends waited for the aggregator, on average",
  row: (row) => tableRow(SLOW_RECEIVER, row),
};

/** Where producers waited and where lines were lost, in at most two sentences. */
export function waitsAndDrops(rows: readonly DemoRow[]): string[] {
  const whole = rows.filter(({ lost }) => lost === 0);
  const kept = `On ${andList(whole.map(({ transport }) => transport))} the producers ${waiting(whole)} no line was lost.`;
  const losses = rows
    .filter(({ lost }) => lost > 0)
    .map((row) => {
      const share = `${percent(row.lost / row.sent)} of the lines were lost, counted as ${andList(lossClasses(row))}`;
      return `on ${row.transport} they ${waiting([row])} ${share}`;
    });
  const lossy = losses.join("; ").replace("on ", "On ");
  return [...(whole.length > 0 ? [kept] : []), ...(losses.length > 0 ? [`${lossy}.`] : [])];
}

function waiting(rows: readonly DemoRow[]): string {
  return rows.every(({ waitedSeconds }) => (waitedSeconds ?? 0) > 0) ? "waited, and" : "did not wait, and";
}

function lossClasses({ classes }: DemoRow): string[] {
  return Object.entries(classes).flatMap(([name, lines]) => (lines > 0 ? [name] : []));
}

function fixed(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}
