import type { TransportName } from "../core/transport-name.ts";
import { cellsOf, pacedCells, pacedRates } from "./cells.ts";
import type { MainRow } from "./main-table.ts";
import { inOrder } from "./ranking.ts";
import { isEstimate } from "./reading.ts";
import { settingsFor } from "./settings.ts";
import type { CellSummary, Load, Summary, TransportFacts } from "./summary.ts";
import { bytes, duration, percent, whole } from "./words.ts";

/** What somebody needs. */
export interface Need {
  /** Of all senders together, lines per second. */
  readonly rate: number;
  /** Of the longest line, with its LF. */
  readonly lineBytes: number;
  readonly senders: number;
  /** `never`; `rare`: at most one line in a thousand at this rate; `ok`: any. */
  readonly loss: "never" | "rare" | "ok";
  /** Senders are on other machines. */
  readonly isRemote: boolean;
}

/** One transport and what this run says of it. */
export interface Judged {
  readonly transport: TransportName;
  readonly because: string;
}

/** The answer from the results of a run. */
export interface Advice {
  /** Those that fit, best first. */
  readonly fitting: readonly Judged[];
  readonly unfit: readonly Judged[];
  /** Settings to change for the first. */
  readonly settings: readonly string[];
  /** What the run has not measured, so that it is not known. */
  readonly unknown: readonly string[];
}

const RARE = 0.001;
/** A generated line is about so much longer than its message. */
const FIELDS_BYTES = 130;

export function adviseOn(summary: Summary, need: Need): Advice {
  const cells = cellsAtLeast(summary, need.rate);
  const judged = summary.transports.map((facts) => ({ facts, ...judge(summary, need, { facts, cells }) }));
  const fitting = judged.filter(({ objection }) => objection === undefined);
  const rows = inOrder(fitting.flatMap(({ facts, cell }) => (cell === undefined ? [] : [rowOf(facts, cell)])));
  const [first] = rows;
  return {
    fitting: rows.map((row) => ({ transport: row.transport, because: reasonOf(row, cells.rate) })),
    unfit: judged.flatMap(({ facts, objection }) =>
      objection === undefined ? [] : [{ transport: facts.name, because: objection }],
    ),
    settings: first === undefined ? [] : settingsFor(summary, need, first.transport),
    unknown: unknowns(summary, need, cells.rate),
  };
}

interface MeasuredLoad {
  /** The lowest rate measured that is not below the one needed, or else the highest, lines/s; undefined without any. */
  readonly rate: number | undefined;
  readonly cells: readonly CellSummary[];
}

function cellsAtLeast(summary: Summary, rate: number): MeasuredLoad {
  const rates = pacedRates(summary);
  const found = rates.find((one) => one >= rate) ?? rates.at(-1);
  return { rate: found, cells: found === undefined ? [] : pacedCells(summary, found) };
}

interface Judgement {
  readonly objection: string | undefined;
  readonly cell?: CellSummary;
}

/** The first reason against a transport. */
function judge(
  summary: Summary,
  need: Need,
  { facts, cells: { rate, cells } }: { facts: TransportFacts; cells: MeasuredLoad },
): Judgement {
  const { name, isRemote, lineBytesMax, overload, canAcknowledge } = facts;
  if (need.isRemote && !isRemote) return { objection: "senders must be on the same machine" };
  if (lineBytesMax !== null && need.lineBytes > lineBytesMax) {
    return { objection: `a line may have ${bytes(lineBytesMax)} at most` };
  }
  if (need.loss === "never" && overload === "drops") {
    return { objection: "lines are lost when the reader is too slow or stopped" };
  }
  if (need.loss === "never" && !canAcknowledge) {
    return {
      objection: "nothing acknowledges its lines, so a killed aggregator loses what it has read and not written",
    };
  }
  const cell = cells.find(({ transport }) => transport === name);
  if (cell === undefined || rate === undefined) return { objection: "this run has not measured it at a paced rate" };
  const inDimensions = DIMENSIONS.map((dimension) => {
    const measured = cellsOf(summary, dimension.scenario).filter(({ transport }) => transport === name);
    return objectionInDimension(measured, need, dimension);
  });
  const aboveThat = rate < need.rate ? objectionToRate(summary, need, name) : undefined;
  const objection = [objectionTo(cell, need, rate), aboveThat, ...inDimensions].find((one) => one !== undefined);
  return objection === undefined ? { objection, cell } : { objection };
}

function objectionTo({ readings }: CellSummary, { loss }: Need, rate: number): string | undefined {
  const { lostShare, lateShare } = readings;
  const at = `at ${whole(rate)} lines/s`;
  if (!isEstimate(lostShare) || !isEstimate(lateShare)) return `not measured ${at}`;
  const limit = { never: 0, rare: RARE, ok: 1 }[loss];
  if (lostShare.median > limit) return `${percent(lostShare.median)} of the lines were lost ${at}`;
  return lateShare.median > 0 ? `${percent(lateShare.median)} of the lines were late ${at}` : undefined;
}

/** What was measured at several sizes or counts, and how much of it is needed. */
interface Dimension {
  readonly scenario: string;
  readonly valueIn: (load: Load) => number;
  readonly needed: (need: Need) => number;
  readonly inWords: (value: number) => string;
}

const DIMENSIONS: readonly Dimension[] = [
  {
    scenario: "senders",
    valueIn: ({ senders }) => senders,
    needed: ({ senders }) => senders,
    inWords: (senders) => `with ${senders} senders`,
  },
  {
    scenario: "sizes",
    valueIn: ({ messageBytes }) => messageBytes + FIELDS_BYTES,
    needed: ({ lineBytes }) => lineBytes,
    inWords: (size) => `with lines of ${bytes(size)}`,
  },
];

/** By the cell with the lowest measured value that is not below the one needed. */
function objectionInDimension(cells: readonly CellSummary[], need: Need, dimension: Dimension): string | undefined {
  const { valueIn, needed, inWords } = dimension;
  const [cell] = cells
    .filter(({ load }) => valueIn(load) >= needed(need))
    .sort((a, b) => valueIn(a.load) - valueIn(b.load));
  if (cell === undefined) return undefined;
  const { lostShare, lateShare } = cell.readings;
  const [lost = 0, late = 0] = [lostShare, lateShare].map((reading) => (isEstimate(reading) ? reading.median : 0));
  const where = inWords(valueIn(cell.load));
  if (need.loss === "never" && lost > 0) return `lines were lost ${where}`;
  return late > 0 ? `lines were late ${where}` : undefined;
}

/** The highest rate without a lost or late line that a search has found, lines/s; undefined where there was none. */
function onsetOf(summary: Summary, name: TransportName): number | undefined {
  const [cell] = cellsOf(summary, "loss-onset").filter(({ transport }) => transport === name);
  const onset = cell?.readings.onsetLinesPerSecond;
  return isEstimate(onset) ? onset.median : undefined;
}

/** Of a rate above those of paced loads. */
function objectionToRate(summary: Summary, { rate }: Need, name: TransportName): string | undefined {
  const onset = onsetOf(summary, name);
  if (onset === undefined || rate <= onset) return undefined;
  return `${whole(onset)} lines/s was the highest rate without a lost or late line`;
}

function rowOf(facts: TransportFacts, { readings }: CellSummary): MainRow {
  const { lostShare: lost, p50Ns, p99Ns, cpuUs } = readings;
  return { transport: facts.name, facts, lost, p50Ns, p99Ns, cpuUs, holds: null, losesLines: false };
}

function reasonOf({ lost, p99Ns }: MainRow, rate: number | undefined): string {
  const loss = isEstimate(lost) && lost.median > 0 ? `lost ${percent(lost.median)} of the lines` : "lost nothing";
  const tail = isEstimate(p99Ns) ? `, and 99 % of the lines were in the file within ${duration(p99Ns.median)}` : "";
  return `at ${whole(rate ?? 0)} lines/s it ${loss}${tail}`;
}

function unknowns(summary: Summary, need: Need, rate: number | undefined): string[] {
  const found: string[] = [];
  const isSearched = summary.transports.every(({ name }) => onsetOf(summary, name) !== undefined);
  if (rate !== undefined && rate < need.rate && !isSearched) found.push(`rates above ${whole(rate)} lines/s`);
  const most = Math.max(0, ...summary.cells.map(({ load }) => load.senders));
  if (most < need.senders) found.push(`more than ${most} senders`);
  const longest = Math.max(0, ...summary.cells.map(({ load }) => load.messageBytes));
  if (longest + FIELDS_BYTES < need.lineBytes) found.push(`lines of more than ${bytes(longest + FIELDS_BYTES)}`);
  return found;
}
