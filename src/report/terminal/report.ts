import { mainCells, pacedRates } from "../cells.ts";
import { plain } from "../facts.ts";
import { busyMachine, configuration, type MainRow } from "../main-table.ts";
import { logDomain } from "../plot/axes.ts";
import { ranked } from "../ranking.ts";
import { isBlank, isEstimate } from "../reading.ts";
import type { Summary } from "../summary.ts";
import { type Verdict, verdictOf } from "../verdict.ts";
import { day, digits, duration, percent, short } from "../words.ts";
import { bar, COLUMNS, coloured, padded, span, type TerminalLook, wrapped } from "./glyphs.ts";
import { histogramLines } from "./histogram.ts";
import { loadLines } from "./load.ts";
import { stageLines } from "./stages.ts";

/** The report for a terminal, in the page's order, at most 80 columns. @returns lines without LF */
export function terminalReport(summary: Summary, look: TerminalLook): string[] {
  const verdict = verdictOf(summary);
  const rows = ranked(summary);
  const parts = [
    headLines(summary),
    verdictLines(verdict),
    busyMachine(summary) === "" ? [] : wrapped(busyMachine(summary)),
    exceptionLines(verdict, look),
    tableLines(summary, rows, look),
    stageLines(summary, look),
    histogramOf(summary, verdict),
    loadLines(summary, look),
    claimLines(summary),
  ];
  const shown = parts.filter((lines) => lines.length > 0).flatMap((lines, at) => (at === 0 ? lines : ["", ...lines]));
  return shown.map((line) => (look.hasUnicode ? line : ascii(line)).replaceAll("\u00a0", " ").trimEnd());
}

/** Words and numbers in ASCII; bars are drawn in it. */
function ascii(text: string): string {
  return text.replaceAll("µ", "u").replaceAll("–", "-").replaceAll(" · ", "; ");
}

function headLines({ machine, run }: Summary): string[] {
  const place = `${machine.cores}-core ${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}`;
  return wrapped(`ipc-lab: ${place}, ${day(run.startedAt)}`);
}

/** The verdict in its sentences. */
export function verdictLines({ take, why }: Verdict): string[] {
  const sentences = why.map(plain);
  if (take === undefined) return wrapped(sentences.join(" "));
  const [first = "", ...others] = sentences;
  return wrapped([`Take ${take}: ${first.replace(/^It /, "it ")}`, ...others].join(" "));
}

/** A need and its price beside it, or below it where the line is too short for both. */
function exceptionLines({ exceptions }: Verdict, look: TerminalLook): string[] {
  const needWidth = Math.max(0, ...exceptions.map(({ need }) => need.length));
  return exceptions.flatMap(({ transport, need, price }) => {
    const name = coloured(transport, padded(transport, 8), look);
    const beside = `  ${name}  ${padded(need, needWidth)}  ${plain(price)}`;
    const width = 14 + needWidth + [...plain(price)].length;
    if (width <= COLUMNS) return [beside];
    const below = wrapped(plain(price), COLUMNS - 16);
    return [`  ${name}  ${need}`, ...below.map((line) => `${" ".repeat(16)}${line}`)];
  });
}

const DELAY_WIDTH = 18;
const CPU_WIDTH = 6;

function tableLines(summary: Summary, rows: readonly MainRow[], look: TerminalLook): string[] {
  if (rows.length === 0) return [];
  const highest = short(pacedRates(summary).at(-1) ?? 0);
  const delays = rows.flatMap(({ p50Ns, p99Ns }) => [p50Ns.median ?? [], p99Ns.median ?? []]).flat();
  const [low, high] = logDomain(delays, 1.2);
  const at = (ns: number): number => Math.log(ns / low) / Math.log(high / low);
  const cpuMost = Math.max(1e-9, ...rows.map(({ cpuUs }) => cpuUs.median ?? 0));
  const rule = look.hasUnicode ? "─" : "-";
  const widths = [9, 9, DELAY_WIDTH, 14, 7, 12];
  const key = look.hasUnicode ? "p50 ●──┃ p99, log" : "p50 o--| p99, log";
  const body = rows.map((row) => {
    const { transport, lost, p50Ns, p99Ns, holds, cpuUs } = row;
    const isKnown = isEstimate(p50Ns) && isEstimate(p99Ns);
    const cells = [
      coloured(transport, padded(transport, 9), look),
      padded(isEstimate(lost) ? (lost.median === 0 ? "0" : percent(lost.median)) : "–", 9, "right"),
      padded(isKnown ? span([at(p50Ns.median), at(p99Ns.median)], DELAY_WIDTH, look) : "", DELAY_WIDTH),
      padded(
        isKnown ? `${padded(duration(p50Ns.median), 6, "right")} ${padded(duration(p99Ns.median), 7, "right")}` : "–",
        14,
      ),
      padded(holds === null ? "–" : holds === 0 ? "none" : short(holds), 7, "right"),
      isEstimate(cpuUs)
        ? `${padded(digits(cpuUs.median), 5, "right")} ${bar(cpuUs.median / cpuMost, CPU_WIDTH, look)}`
        : "–",
    ];
    return cells.join("  ");
  });
  return [
    ...wrapped(configuration(summary)),
    `${padded("", 9)}  ${padded("lost at", 9, "right")}  ${padded("latency", DELAY_WIDTH)}  ${padded("", 14)}  ${padded("holds", 7, "right")}  CPU a line`,
    `${padded("transport", 9)}  ${padded(highest, 9, "right")}  ${padded(key, DELAY_WIDTH)}  ${padded("p50", 6, "right")} ${padded("p99", 7, "right")}  ${padded("lines/s", 7, "right")}  µs`,
    widths.map((width) => rule.repeat(width)).join("  "),
    ...body,
  ];
}

function histogramOf(summary: Summary, { take }: Verdict): string[] {
  const cell = mainCells(summary).find(({ transport }) => transport === take);
  if (cell === undefined || isBlank(cell.latency)) return [];
  return histogramLines(cell.latency, `Latency of ${cell.transport} at ${rateOf(cell.load.linesPerSecond)}`);
}

function rateOf(rate: number | "max"): string {
  return rate === "max" ? "full speed" : `${rate.toLocaleString("en-US")} lines/s`;
}

function claimLines({ claims }: Summary): string[] {
  if (claims.length === 0) return [];
  const count = (result: string | null): number => claims.filter((claim) => claim.result === result).length;
  return wrapped(`Claims: ${count("PASS")} hold, ${count("FAIL")} do not, ${count(null)} could not be measured.`);
}
