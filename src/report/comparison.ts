import { isDeepStrictEqual } from "node:util";
import { OperationalError } from "../core/errors.ts";
import { isBelow, isEstimate } from "./reading.ts";
import type { CellSummary, ReadingName, Summary } from "./summary.ts";

/** A name on the command line. */
export type MetricName = "p50" | "p90" | "p99" | "p99.9" | "max" | "lost" | "late" | "cpu" | "rss" | "rate";

/** What can be compared with a baseline: its reading. More is worse, except of rates. */
export const METRICS: Readonly<Record<MetricName, ReadingName>> = {
  p50: "p50Ns",
  p90: "p90Ns",
  p99: "p99Ns",
  "p99.9": "p999Ns",
  max: "maxNs",
  lost: "lostShare",
  late: "lateShare",
  cpu: "cpuUs",
  rss: "aggregatorRssBytes",
  rate: "linesPerSecond",
};

/** A limit on how much worse a figure may be: `p99>+10%`, or `rate<-5%`. */
export interface Limit {
  readonly text: string;
  readonly metric: MetricName;
  /** Of the baseline's median: 0.1 for +10 %, −0.05 for −5 %. */
  readonly change: number;
}

/** One figure that is worse than its limit allows. */
export interface Worse {
  readonly limit: Limit;
  /** `paced/10000/tcp` */
  readonly cell: string;
  readonly before: number;
  readonly now: number;
}

export interface Comparison {
  readonly worse: readonly Worse[];
  /** Pairs of figures that were compared. */
  readonly compared: number;
}

/** `p99>+10%` as a limit; undefined for anything else. */
export function parseLimit(text: string): Limit | undefined {
  const [, metric = "", sign, percent] = /^([\w.]+) ?(>\+|<-) ?(\d+(?:\.\d+)?) ?%$/.exec(text.trim()) ?? [];
  if (!Object.hasOwn(METRICS, metric) || percent === undefined) return undefined;
  if ((metric === "rate") !== (sign === "<-")) return undefined;
  const change = Number(percent) / 100;
  // A rate can't fall by more than all of it, so nothing would be checked.
  if (!Number.isFinite(change) || (metric === "rate" && change >= 1)) return undefined;
  return { text: text.trim(), metric: metric as MetricName, change: sign === "<-" ? -change : change };
}

/**
 * The figures of a run that are worse than a baseline's by more than a limit and beyond both intervals. Cells that only one of them
 * has are left out, and so are those with another load: with --quick, cells of the same name have fewer senders.
 *
 * @throws OperationalError INPUT_UNREADABLE where they have no figure of a limit in common, so that it would not be checked
 */
export function compare(now: Summary, before: Summary, limits: readonly Limit[]): Comparison {
  const worse: Worse[] = [];
  const compared = new Map(limits.map((limit) => [limit, 0]));
  for (const cell of now.cells) {
    const old = before.cells.find((one) => keyOf(one) === keyOf(cell) && isDeepStrictEqual(one.load, cell.load));
    if (old === undefined) continue;
    for (const limit of limits) {
      const [a, b] = [cell.readings[METRICS[limit.metric]], old.readings[METRICS[limit.metric]]];
      if (!isEstimate(a) || !isEstimate(b)) continue;
      compared.set(limit, (compared.get(limit) ?? 0) + 1);
      const isBeyond = limit.change < 0 ? isBelow(a, b) : isBelow(b, a);
      const bound = b.median * (1 + limit.change);
      const isOver = limit.change < 0 ? a.median < bound : a.median > bound;
      if (isBeyond && isOver) worse.push({ limit, cell: keyOf(cell), before: b.median, now: a.median });
    }
  }
  const unchecked = limits.find((limit) => compared.get(limit) === 0);
  if (unchecked === undefined)
    return { worse, compared: [...compared.values()].reduce((sum, count) => sum + count, 0) };
  throw new OperationalError(
    "INPUT_UNREADABLE",
    `the baseline's run ${before.run.id} and ${now.run.id} have no figure of ${unchecked.metric} in common; compare runs of the same scenarios, both with --quick or both without it`,
  );
}

function keyOf({ scenario, variant, transport, implementation }: CellSummary): string {
  const name = `${scenario}/${variant}/${transport}`;
  return implementation === "node" ? name : `${name}/${implementation}`;
}
