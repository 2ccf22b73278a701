import type { TransportName } from "../core/transport-name.ts";
import { orList } from "../core/word-list.ts";
import { cellAt, mainCells, mainRate, pacedCells, pacedRates } from "./cells.ts";
import { blank, isEstimate, type Reading } from "./reading.ts";
import type { CellSummary, Summary, TransportFacts } from "./summary.ts";
import { bytes, percent, whole } from "./words.ts";

/** One row of the first table: what a transport gives and costs, all in one configuration. */
export interface MainRow {
  readonly transport: TransportName;
  readonly facts: TransportFacts;
  /** At the highest rate of `paced`. */
  readonly lost: Reading;
  readonly p50Ns: Reading;
  readonly p99Ns: Reading;
  readonly cpuUs: Reading;
  /** The highest rate of `paced` up to which nothing was late or lost in the median repeat, lines/s; 0 for none, null for not measured. */
  readonly holds: number | null;
  /** Lines that were lost in any load, paced, flood or stall. */
  readonly losesLines: boolean;
}

export function mainRows(summary: Summary): MainRow[] {
  const main = mainCells(summary);
  const highest = pacedCells(summary, pacedRates(summary).at(-1) ?? Number.NaN);
  return summary.transports.flatMap((facts) => {
    const { name } = facts;
    const cell = cellAt(main, name);
    if (cell === undefined) return [];
    const { p50Ns, p99Ns, cpuUs } = cell.readings;
    const lost = cellAt(highest, name)?.readings.lostShare ?? blank("not measured at the highest rate");
    const losesLines = summary.cells.some((any) => any.transport === name && loses(any));
    return [{ transport: name, facts, lost, p50Ns, p99Ns, cpuUs, holds: holdsUpTo(summary, name), losesLines }];
  });
}

/** Loads in which a receiver's overload may lose lines; a restart and a kill lose lines for other reasons. */
const LOADS = new Set(["reference", "paced", "flood", "stall", "slow-receiver", "senders", "sizes"]);

function loses({ scenario, implementation, readings: { lostShare } }: CellSummary): boolean {
  return implementation === "node" && LOADS.has(scenario) && isEstimate(lostShare) && lostShare.median > 0;
}

function holdsUpTo(summary: Summary, name: TransportName): number | null {
  let highest: number | null = null;
  for (const rate of pacedRates(summary)) {
    const cell = cellAt(pacedCells(summary, rate), name);
    if (cell === undefined) continue;
    const { lostShare, lateShare } = cell.readings;
    if (!isEstimate(lostShare) || !isEstimate(lateShare)) continue;
    if (lostShare.median > 0 || lateShare.median > 0) return highest ?? 0;
    highest = rate;
  }
  return highest;
}

/** The configuration of all rows, in words. */
export function configuration(summary: Summary): string {
  const [cell] = mainCells(summary);
  if (cell === undefined) return "";
  const { senders, messageBytes } = cell.load;
  const load = `${senders} producers, ${whole(mainRate(summary) ?? 0)} lines/s, ${messageBytes} B a message`;
  // A run that was interrupted has measured some transports more often.
  const counts = [...new Set(mainCells(summary).map(({ runs }) => runs))].sort((a, b) => a - b);
  const runs = counts.at(-1) === 1 ? "one run" : `median of ${orList(counts.map(String))} runs`;
  const buffer = summary.machine.facts.find(([name]) => name === "udp buffer granted")?.[1];
  return `${load}; ${runs}${buffer == null ? "" : `; udp buffer ${buffer}`}`;
}

/** Above this, other programs change what is measured. */
const QUIET_CORES_MAX = 0.1;

/** A sentence where other programs kept the machine busy during the run; empty where it was quiet. */
export function busyMachine({ machine: { otherCores } }: Summary): string {
  if (otherCores === null || otherCores <= QUIET_CORES_MAX) return "";
  return `Other programs used ${percent(otherCores)} of one core during this run, so its figures are rough.`;
}

/** no limit, or 4,096 B. */
export function lineLimit({ lineBytesMax }: TransportFacts): string {
  return lineBytesMax === null ? "no limit" : bytes(lineBytesMax);
}

export function whenReaderStops({ overload }: TransportFacts): string {
  return overload === "blocks" ? "senders wait" : "lines are lost";
}
