import { blank, type Reading } from "../../report/reading.ts";
import type { ReadingName } from "../../report/summary.ts";
import type { CellLine, SideCosts } from "../results/cell-line.ts";
import { derived, type Measured, measured, unmeasured } from "../results/measured.ts";
import { countFrom, type HistogramData, histogramPercentile } from "../statistics/histogram.ts";
import { estimateOf, totalOf } from "./estimate.ts";

/** A line that is stored later than this after it was due counts as late. Ten times a producer's tick would be a second. */
const LATE_NS = 100e6;

type Read = (cell: CellLine) => Measured<number>;
type Side = "sender" | "aggregator";

/** Statements such as "lost nothing" are about every repeat, and a median would hide one that lost lines. */
const TOTALS: ReadonlySet<ReadingName> = new Set(["lostShare", "duplicates", "reordered", "residue"]);

/**
 * The median of the repeats. Figures of cells without tracers go before those of their traced twins, whose times and costs
 * include the tracers'. Without any value the reason of the traced twin stands, because the other only names its twin.
 */
export function readingOf(cells: readonly CellLine[], read: Read, estimate: typeof estimateOf = estimateOf): Reading {
  for (const traced of [false, true]) {
    const found = cells.filter((cell) => cell.traced === traced).map(read);
    const values = found.flatMap((figure) => (figure.value === null ? [] : [figure.value]));
    const first = found.find((figure) => figure.value !== null);
    if (first !== undefined && first.value !== null) {
      return estimate(values, first.by);
    }
  }
  const last = cells.findLast(({ traced }) => traced) ?? cells.at(-1);
  const figure = last && read(last);
  return blank(figure === undefined || figure.value !== null ? "not measured" : figure.why);
}

/** The latency of a cell: from the time lines were due, or from their send where nothing was due. */
export function latencyOf({ latency }: CellLine): Measured<HistogramData> {
  return latency.sinceDue.value === null ? latency.sinceSent : latency.sinceDue;
}

const counted =
  (read: (cell: CellLine) => number): Read =>
  (cell) =>
    measured("lab", read(cell));

const percentile =
  (share: number, read: (cell: CellLine) => Measured<HistogramData> = latencyOf): Read =>
  (cell) => {
    const histogram = read(cell);
    if (histogram.value === null) return histogram;
    const value = histogramPercentile(histogram.value, share);
    return value === undefined ? unmeasured("no line was stored") : measured(histogram.by, value);
  };

/** What one side spent, per line sent. */
const perLine =
  (side: Side, read: (costs: SideCosts) => Measured<number>, factor = 1): Read =>
  (cell) =>
    derived([read(cell.costs[side])], ([value = 0]) => (factor * value) / Math.max(1, cell.counts.sent));

const switches = (side: Side): Read => perLine(side, bothSwitches);

function bothSwitches({ voluntarySwitches, involuntarySwitches }: SideCosts): Measured<number> {
  return derived([voluntarySwitches, involuntarySwitches], sum);
}

function copied({ writtenBytes, readBytes }: SideCosts): Measured<number> {
  return derived([writtenBytes, readBytes], sum);
}

function allCpu({ costs, counts }: CellLine): Measured<number> {
  const { sender, aggregator } = costs;
  const parts = [
    sender.cpuUserSeconds,
    sender.cpuSystemSeconds,
    aggregator.cpuUserSeconds,
    aggregator.cpuSystemSeconds,
  ];
  return derived(parts, (seconds) => (1e6 * sum(seconds)) / Math.max(1, counts.sent));
}

/** Lines that were stored late. Those that are lost don't count as late. */
function lateShare({ latency, counts }: CellLine): Measured<number> {
  return derived([latency.sinceDue], ([histogram]) =>
    histogram === undefined ? 0 : countFrom(histogram, LATE_NS) / Math.max(1, counts.offered),
  );
}

function lostShare({ counts }: CellLine): number {
  return Math.max(0, counts.offered - counts.stored) / Math.max(1, counts.offered);
}

function meanNs(cell: CellLine): Measured<number> {
  return derived([latencyOf(cell)], ([data]) => (data === undefined ? 0 : data.sum / Math.max(1, data.count)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A reading of all repeats of a cell. */
export function namedReading(cells: readonly CellLine[], name: ReadingName): Reading {
  return readingOf(cells, READ[name], TOTALS.has(name) ? totalOf : estimateOf);
}

/** How each reading of a cell is computed from one repeat. */
export const READ: Readonly<Record<ReadingName, Read>> = {
  offered: counted(({ counts }) => counts.offered),
  stored: counted(({ counts }) => counts.stored),
  lostShare: counted(lostShare),
  lateShare,
  duplicates: counted(({ counts }) => counts.duplicates),
  reordered: counted(({ counts }) => counts.reordered),
  residue: ({ counts }) => counts.residue,
  linesPerSecond: counted(({ rates }) => rates.linesPerSecond),
  bytesPerSecond: counted(({ rates }) => rates.bytesPerSecond),
  meanNs,
  p50Ns: percentile(0.5),
  p90Ns: percentile(0.9),
  p99Ns: percentile(0.99),
  p999Ns: percentile(0.999),
  maxNs: percentile(1),
  sentP50Ns: percentile(0.5, ({ latency }) => latency.sinceSent),
  sentP99Ns: percentile(0.99, ({ latency }) => latency.sinceSent),
  cpuUs: allCpu,
  senderUserUs: perLine("sender", (costs) => costs.cpuUserSeconds, 1e6),
  senderSystemUs: perLine("sender", (costs) => costs.cpuSystemSeconds, 1e6),
  senderSoftirqUs: perLine("sender", (costs) => costs.softirqSeconds, 1e6),
  aggregatorUserUs: perLine("aggregator", (costs) => costs.cpuUserSeconds, 1e6),
  aggregatorSystemUs: perLine("aggregator", (costs) => costs.cpuSystemSeconds, 1e6),
  aggregatorSoftirqUs: perLine("aggregator", (costs) => costs.softirqSeconds, 1e6),
  senderSwitches: switches("sender"),
  aggregatorSwitches: switches("aggregator"),
  senderWakeups: perLine("sender", (costs) => costs.wakeups),
  aggregatorWakeups: perLine("aggregator", (costs) => costs.wakeups),
  senderCopiedBytes: perLine("sender", copied),
  aggregatorCopiedBytes: perLine("aggregator", copied),
  senderCycles: perLine("sender", (costs) => costs.cycles),
  aggregatorCycles: perLine("aggregator", (costs) => costs.cycles),
  senderCacheMisses: perLine("sender", (costs) => costs.cacheMisses),
  aggregatorCacheMisses: perLine("aggregator", (costs) => costs.cacheMisses),
  senderRssBytes: ({ costs }) => costs.sender.peakRssBytes,
  aggregatorRssBytes: ({ costs }) => costs.aggregator.peakRssBytes,
  blockedSeconds: ({ blockedSeconds }) => blockedSeconds,
  queueLines: ({ queue }) => queue.linesMax,
  queueBytes: ({ queue }) => queue.bytesMax,
  onsetLinesPerSecond: ({ onset }) =>
    onset === undefined ? unmeasured("only in loss-onset") : derived([onset], ([found]) => found?.linesPerSecond ?? 0),
  recoverySeconds: ({ recoverySeconds }) => recoverySeconds ?? unmeasured("only in stall and restart"),
};
