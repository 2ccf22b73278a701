import { TRANSPORT_NAMES, type TransportName } from "../core/transport-name.ts";
import { mainRate, pacedRates } from "./cells.ts";
import { type Fact, readingFact, type Sentence, transportFact } from "./facts.ts";
import type { MainRow } from "./main-table.ts";
import { pricesOf } from "./prices.ts";
import { ranked } from "./ranking.ts";
import { isBelow, isEstimate, isTie } from "./reading.ts";
import type { Summary } from "./summary.ts";
import { bytes, duration, percent, times, whole } from "./words.ts";

/** When another transport is the right one, and what it costs here. */
export interface Exception {
  readonly transport: TransportName;
  readonly need: string;
  readonly price: Sentence;
}

/** Which transport to take, why, and when another one. */
export interface Verdict {
  /** Undefined where the run has no load to judge by. */
  readonly take: TransportName | undefined;
  /** One sentence about the one to take, one about the runner-up. */
  readonly why: readonly Sentence[];
  readonly exceptions: readonly Exception[];
}

/** What each is right for, whatever is measured. */
const NEEDS: Readonly<Record<TransportName, string>> = {
  unixsock: "if lines may be of any length, on one machine",
  tcp: "if senders are on other machines",
  unixgram: "if each message must arrive whole, unframed",
  udp: "if senders must never wait",
  fifo: "if the sender can only write to a file name",
};

export function verdictOf(summary: Summary): Verdict {
  const [first, second, ...others] = ranked(summary);
  if (first === undefined) {
    const why = ["No verdict: this run has no cell of ", "paced", ", the load by which transports are compared."];
    return { take: undefined, why: [why], exceptions: [] };
  }
  const runnerUp = second === undefined ? [] : [besides(summary, first, second)];
  const rest = [second, ...others].filter((row) => row !== undefined);
  return {
    take: first.transport,
    why: [because(summary, first), ...runnerUp],
    exceptions: rest.map((row) => ({
      transport: row.transport,
      need: NEEDS[row.transport],
      price: pricesOf(summary, row, first),
    })),
  };
}

/** What the first lost, how long its lines took, how long they may be. */
function because(summary: Summary, row: MainRow): Sentence {
  const parts: Sentence[] = [lossOf(summary, row), delayOf(summary, row)].filter((part) => part.length > 0);
  const { lineBytesMax } = row.facts;
  parts.push(
    lineBytesMax === null
      ? ["a line may be of any length"]
      : ["a line may have up to ", transportFact(row.transport, lineBytesMax, bytes(lineBytesMax))],
  );
  return ["It ", ...joined(parts), "."];
}

function lossOf(summary: Summary, row: MainRow): Sentence {
  const { transport, lost, losesLines, holds } = row;
  const rate = pacedRates(summary).at(-1);
  if (rate === undefined || !isEstimate(lost)) return [];
  const upTo: Fact = { text: whole(rate), value: rate, from: [`paced/${rate}/${transport}/load.linesPerSecond`] };
  if (lost.median > 0) {
    const share = { ...readingFact(`paced/${rate}/${transport}/lostShare`, lost, percent), figure: "load" };
    return ["lost ", share, " of the lines at ", upTo, " lines/s"];
  }
  const nothing: Sentence = [{ text: "lost nothing", figure: "load" }, " up to ", upTo, " lines/s"];
  if (losesLines) return [...nothing, " but lost lines when the reader was too slow or stopped"];
  return holds !== null && holds < rate ? [...nothing, " although ", ...lateAbove(row)] : nothing;
}

function delayOf(summary: Summary, { transport, p99Ns }: MainRow): Sentence {
  if (!isEstimate(p99Ns)) return [];
  const p99 = readingFact(`paced/${mainRate(summary)}/${transport}/p99Ns`, p99Ns, duration);
  return [{ text: "99 % of lines", figure: "latency" }, " were in the file within ", p99];
}

/** The runner-up: what ties or differs, and what decides. */
function besides(summary: Summary, first: MainRow, second: MainRow): Sentence {
  const name = { text: second.transport, transport: second.transport };
  const speed = speedOf(summary, first, second);
  const decides = decidedBy(summary, first, second);
  if (decides.length === 0) return [name, " ", ...speed, "."];
  if (decides === NOTHING_DECIDES) return [name, " ", ...speed, ...decides, "."];
  return [name, " ", ...speed, " but ", ...decides, "."];
}

function speedOf(summary: Summary, first: MainRow, second: MainRow): Sentence {
  const [a, b] = [first.p99Ns, second.p99Ns];
  if (!isEstimate(a) || !isEstimate(b)) return ["comes next"];
  if (a.runs < 2 || b.runs < 2) return ["comes next (one run can't tell their p99 apart)"];
  if (!isBelow(a, b) && !isBelow(b, a)) return ["is as fast (a tie on p99)"];
  const [slow, fast] = isBelow(a, b) ? [b, a] : [a, b];
  const rate = mainRate(summary);
  const names = isBelow(a, b) ? [second.transport, first.transport] : [first.transport, second.transport];
  const ratio: Fact = {
    text: times(slow.median / fast.median),
    value: slow.median / fast.median,
    from: names.map((name) => `paced/${rate}/${name}/p99Ns`),
    figure: "latency",
  };
  return isBelow(a, b) ? ["takes ", ratio, " as long at 99 %"] : ["is ", ratio, " as fast at 99 %"];
}

/** Equals are taken in the order of the table of transports. */
const NOTHING_DECIDES: Sentence = [
  `, and nothing measured sets them apart: the first in the order ${TRANSPORT_NAMES.join(", ")} is taken`,
];

/** Why the second is not the first; nothing where the speed says so. */
function decidedBy(summary: Summary, first: MainRow, second: MainRow): Sentence {
  const rate = pacedRates(summary).at(-1);
  if (second.losesLines && !first.losesLines) {
    const { lost } = second;
    if (!isEstimate(lost) || lost.median === 0) return ["lost lines when the reader was too slow"];
    const share = { ...readingFact(`paced/${rate}/${second.transport}/lostShare`, lost, percent), figure: "load" };
    return ["lost ", share, " of the lines at the highest rate"];
  }
  if (second.holds !== null && first.holds !== null && second.holds < first.holds) return lateAbove(second);
  const { lineBytesMax } = second.facts;
  if (lineBytesMax !== null && first.facts.lineBytesMax === null) {
    return ["only for lines up to ", transportFact(second.transport, lineBytesMax, `${whole(lineBytesMax)} bytes`)];
  }
  const isTied = isEstimate(first.p99Ns) && isEstimate(second.p99Ns) && isTie(first.p99Ns, second.p99Ns);
  if (!isTied) return [];
  const difference = dearer(summary, first, second);
  return difference.length === 0 ? NOTHING_DECIDES : difference;
}

/** Where both tie at 99 %: which reading decides. */
function dearer(summary: Summary, first: MainRow, second: MainRow): Sentence {
  for (const [name, words, figure] of [
    ["cpuUs", "the CPU time a line", "cpu"],
    ["p50Ns", "as long at the median", "cdf"],
  ] as const) {
    const [less, more] = [first[name], second[name]];
    if (!isEstimate(less) || !isEstimate(more) || !isBelow(less, more)) continue;
    const from = [second, first].map(({ transport }) => `paced/${mainRate(summary)}/${transport}/${name}`);
    const ratio: Fact = { text: times(more.median / less.median), value: more.median / less.median, from, figure };
    return ["takes ", ratio, ` ${words}`];
  }
  return [];
}

function lateAbove({ transport, holds }: MainRow): Sentence {
  if (holds === null || holds === 0) return ["its lines were late at every rate"];
  const from = [`paced/${holds}/${transport}/load.linesPerSecond`];
  return ["its lines were late above ", { text: whole(holds), value: holds, from, figure: "load" }, " lines/s"];
}

/** "a, b, and c". */
function joined(parts: readonly Sentence[]): Sentence {
  return parts.flatMap((part, at) => {
    if (at === 0) return part;
    return [at === parts.length - 1 ? `${parts.length > 2 ? "," : ""} and ` : ", ", ...part];
  });
}
