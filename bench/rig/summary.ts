import { isTie, median, type Summary, summarize } from "../../src/lab/statistics/summary.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import type { Scenario } from "../scenarios.ts";
import type { Load } from "./generator.ts";
import type { TrialResult } from "./trial.ts";

/** All trials of one contestant at one load. */
export interface Row {
  readonly scenario: string;
  readonly contestant: string;
  readonly load: Load;
  readonly trials: TrialResult[];
}

const REFERENCE = "C limit";

/**
 * Markdown: a table per scenario, medians, with the rate's 95 % interval, and the rate as a share of the C limit's in the same
 * run.
 */
export function markdownTables(scenarios: readonly Scenario[], rows: readonly Row[]): string {
  return scenarios
    .map(({ title }) =>
      table(
        title,
        rows.filter(({ scenario }) => scenario === title),
      ),
    )
    .join("\n");
}

function table(title: string, rows: readonly Row[]): string {
  const head =
    "| load | receiver | lines/s | 95 % interval | × C limit | CPU s per million lines | peak RSS, MB | lost | torn | p50 / p99, ms |";
  const rule = "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|";
  return [`## ${title}`, "", head, rule, ...rows.map((row) => tableRow(row, rows)), ""].join("\n");
}

function tableRow(row: Row, rows: readonly Row[]): string {
  const of = (pick: (trial: TrialResult) => number): number => median(row.trials.map(pick));
  const rate = rateOf(row);
  const cells = [
    describeLoad(row.load),
    row.contestant,
    whole(rate.median),
    rate.interval === null ? "" : rate.interval.map(whole).join(" – "),
    ratio(row, rows),
    of((trial) => trial.cpuSecondsPerMillion).toFixed(2),
    of((trial) => trial.residentMegabytes).toFixed(0),
    of((trial) => trial.lost).toLocaleString("en"),
    of((trial) => trial.torn).toLocaleString("en"),
    row.trials[0]?.p50Ms == null
      ? ""
      : `${of((trial) => trial.p50Ms ?? 0).toFixed(2)} / ${of((trial) => trial.p99Ms ?? 0).toFixed(2)}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

function rateOf({ trials }: Row): Summary {
  return summarize(trials.map(({ linesPerSecond }) => linesPerSecond));
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/**
 * The median of the ratios within each round, so that the machine's ups and downs affect both; a tie where the intervals of the
 * rates overlap.
 */
function ratio(row: Row, rows: readonly Row[]): string {
  const reference = rows.find(({ contestant, load }) => contestant === REFERENCE && load === row.load);
  if (reference === undefined || row.load.linesPerSecond > 0) return "";
  const ratios = row.trials.map(
    ({ linesPerSecond }, round) => linesPerSecond / (reference.trials[round]?.linesPerSecond ?? Number.NaN),
  );
  const isTied = row !== reference && ratios.length > 1 && isTie(rateOf(row), rateOf(reference));
  return `${median(ratios).toFixed(2)}${isTied ? " (tie)" : ""}`;
}

export function describeLoad(load: Load): string {
  const message = REGISTRY[load.transport].traits.boundary === "message";
  return [
    load.transport,
    load.senders === 1 ? "1 sender" : `${load.senders} senders`,
    `${load.lineBytes} B`,
    message ? undefined : `${load.linesPerWrite} per write`,
    load.linesPerSecond > 0 ? `${load.linesPerSecond.toLocaleString("en")}/s` : undefined,
    load.receiveBufferBytes === undefined ? undefined : "4 MiB buffer",
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}
