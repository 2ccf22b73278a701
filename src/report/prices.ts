import { mainRate, pacedRates } from "./cells.ts";
import { type Fact, readingFact, type Sentence, transportFact } from "./facts.ts";
import type { MainRow } from "./main-table.ts";
import { isBelow, isEstimate } from "./reading.ts";
import type { Summary } from "./summary.ts";
import { bytes, percent, short, times } from "./words.ts";

/** What a transport costs beside the best one: the first two that apply, or that nothing was found. */
export function pricesOf(summary: Summary, row: MainRow, first: MainRow): Sentence {
  const all = [lossPrice(summary, row), ratePrice(row, first), tailPrice(summary, row, first), limitPrice(row)];
  const found = [...all, cpuPrice(summary, row, first)].filter((price) => price !== undefined).slice(0, 2);
  if (found.length === 0) return ["no price beyond the interval here"];
  return found.flatMap((price, at) => (at === 0 ? price : [" · ", ...price]));
}

function lossPrice(summary: Summary, { transport, lost, losesLines }: MainRow): Sentence | undefined {
  const rate = pacedRates(summary).at(-1);
  if (rate === undefined || !isEstimate(lost) || !losesLines) return undefined;
  if (lost.median === 0) return ["loses lines when the reader is too slow"];
  const share = { ...readingFact(`paced/${rate}/${transport}/lostShare`, lost, percent), figure: "load" };
  return [share, " lost at ", rateFact(rate, transport), " lines/s"];
}

function ratePrice({ transport, holds }: MainRow, first: MainRow): Sentence | undefined {
  if (holds === null || first.holds === null || holds >= first.holds) return undefined;
  if (holds === 0) return ["late at every rate"];
  return ["late above ", rateFact(holds, transport), " lines/s"];
}

function rateFact(rate: number, transport: string): Fact {
  return { text: short(rate), value: rate, from: [`paced/${rate}/${transport}/load.linesPerSecond`], figure: "load" };
}

function tailPrice(summary: Summary, row: MainRow, first: MainRow): Sentence | undefined {
  const [mine, best] = [row.p99Ns, first.p99Ns];
  if (!isEstimate(mine) || !isEstimate(best) || !isBelow(best, mine)) return undefined;
  return ["p99 ", ratioFact(summary, [row, first], "p99Ns"), " as long"];
}

function cpuPrice(summary: Summary, row: MainRow, first: MainRow): Sentence | undefined {
  const [mine, best] = [row.cpuUs, first.cpuUs];
  if (!isEstimate(mine) || !isEstimate(best) || !isBelow(best, mine)) return undefined;
  return [ratioFact(summary, [row, first], "cpuUs"), " the CPU time a line"];
}

function ratioFact(summary: Summary, rows: readonly [MainRow, MainRow], name: "p99Ns" | "cpuUs"): Fact {
  const [row, first] = rows;
  const value = (row[name].median ?? 0) / (first[name].median ?? 1);
  const from = rows.map(({ transport }) => `paced/${mainRate(summary)}/${transport}/${name}`);
  return { text: times(value), value, from, figure: name === "p99Ns" ? "latency" : "cpu" };
}

function limitPrice({ transport, facts: { lineBytesMax } }: MainRow): Sentence | undefined {
  if (lineBytesMax === null) return undefined;
  return [transportFact(transport, lineBytesMax, bytes(lineBytesMax)), " a line at most"];
}
