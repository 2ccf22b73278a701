import { type Blank, blank } from "../../report/reading.ts";
import type { Latency } from "../../report/summary.ts";
import type { CellLine } from "../results/cell-line.ts";
import { bucketLow, type HistogramData, histogramPercentile, mergeHistograms } from "../statistics/histogram.ts";
import { estimateOf } from "./estimate.ts";
import { latencyOf } from "./readings.ts";

/** Points of the percentile curve per factor of ten in rarity: 0 %, 25 %, 44 % … 90 %, … 99.99 %. */
const POINTS_PER_DECADE = 8;
const DECADES = 4;
/** A histogram's buckets are 64 per octave; figures show 8. */
const BUCKETS_PER_BIN = 8;

/** The latency of all repeats of a cell without tracers. */
export function latencySummary(cells: readonly CellLine[]): Latency | Blank {
  const plain = cells.filter(({ traced }) => !traced);
  const histograms = plain.flatMap((cell) => {
    const { value } = latencyOf(cell);
    return value === null || value.count === 0 ? [] : [value];
  });
  if (histograms.length === 0) {
    const latency = plain[0] && latencyOf(plain[0]);
    return blank(latency?.value === null ? latency.why : "no line was stored");
  }
  const merged = mergeHistograms(histograms);
  const since = plain.some(({ latency }) => latency.sinceDue.value !== null) ? "due" : "sent";
  return { since, lines: merged.count, curve: curveOf(histograms), bins: binsOf(merged) };
}

/** A percentile is shown while each repeat has a line beyond it. */
function curveOf(histograms: readonly HistogramData[]): Latency["curve"] {
  const fewest = Math.min(...histograms.map(({ count }) => count));
  const shares = Array.from({ length: DECADES * POINTS_PER_DECADE + 1 }, (_, i) => 1 - 10 ** (-i / POINTS_PER_DECADE));
  return shares
    .filter((share) => (1 - share) * fewest >= 0.999)
    .map((share) => {
      const values = histograms.map((histogram) => histogramPercentile(histogram, share) ?? 0);
      // A percentile of 0 ns would vanish on a logarithmic scale.
      const positive = values.map((value) => Math.max(1, value));
      return { share, ns: estimateOf(positive, "lab") };
    });
}

function binsOf({ buckets }: HistogramData): Latency["bins"] {
  const bins = new Map<number, number>();
  for (const [bucket, lines] of buckets) {
    const bin = Math.floor(bucket / BUCKETS_PER_BIN);
    bins.set(bin, (bins.get(bin) ?? 0) + lines);
  }
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([bin, lines]) => [bucketLow(bin * BUCKETS_PER_BIN), bucketLow((bin + 1) * BUCKETS_PER_BIN), lines]);
}
