import { mainRate, pacedRates } from "../cells.ts";
import { configuration, lineLimit, type MainRow, whenReaderStops } from "../main-table.ts";
import { logDomain } from "../plot/axes.ts";
import { seriesClass } from "../plot/series.ts";
import { isEstimate, type Reading } from "../reading.ts";
import type { Summary } from "../summary.ts";
import { digits, duration, percent, short } from "../words.ts";
import { escaped } from "./markup.ts";
import { namedSymbol } from "./symbol.ts";

const DELAY_PX = 168;
const BAR_PX = 84;

/** The first screen's table: one configuration, one row per transport, best first. */
export function mainTable(summary: Summary, rows: readonly MainRow[]): string {
  const rate = short(mainRate(summary) ?? 0);
  const highest = short(pacedRates(summary).at(-1) ?? 0);
  const heads = [
    ["transport", ""],
    ["lost", `at ${highest} lines/s`],
    ["delay", "median ●–┃ p99, log scale"],
    ["holds", "lines/s, nothing late or lost"],
    ["CPU a line", `both sides, at ${rate}/s`],
    ["if the reader stops", "longest line"],
  ].map(([title, below], at) => {
    const small = below === "" ? "" : `<small>${below}</small>`;
    return `<th scope="col"${at === 1 ? ' class="r"' : ""}>${title}${small}</th>`;
  });
  const delays = rows.flatMap(({ p50Ns, p99Ns }) => [p50Ns, p99Ns]).flatMap(({ median }) => median ?? []);
  const domain = logDomain(delays, 1.25);
  const holdsMost = Math.max(1, ...rows.map(({ holds }) => holds ?? 0));
  const cpuMost = Math.max(1e-9, ...rows.map(({ cpuUs }) => cpuUs.median ?? 0));
  const body = rows.map(
    (row) =>
      `<tr class="${seriesClass(row.transport)}"><th scope="row" data-v="${row.transport}">${namedSymbol(row.transport)}</th>${lostCell(row)}${delayCell(row, domain)}${holdsCell(row, holdsMost)}${cpuCell(row, cpuMost)}${stopCell(row)}</tr>`,
  );
  return `<table class="main" data-sorts><caption>${escaped(configuration(summary))}</caption><thead><tr>${heads.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

function lostCell({ lost }: MainRow): string {
  const isLost = isEstimate(lost) && lost.median > 0;
  const text = isEstimate(lost) ? (isLost ? percent(lost.median) : "0") : "–";
  return `<td class="r" data-l="lost" data-v="${value(lost)}"${reason(lost)}><i></i><b${isLost ? ' class="lost"' : ""}>${text}</b></td>`;
}

function delayCell({ transport, p50Ns, p99Ns }: MainRow, [low, high]: readonly [number, number]): string {
  if (!isEstimate(p50Ns) || !isEstimate(p99Ns)) return `<td data-l="delay" data-v=""${reason(p50Ns)}><b>–</b></td>`;
  const x = (ns: number): string => (4 + ((DELAY_PX - 8) * Math.log(ns / low)) / Math.log(high / low)).toFixed(1);
  const [from, to] = [x(p50Ns.median), x(p99Ns.median)];
  const colour = `var(--${transport})`;
  const drawing = `<path d="M${from} 8H${to}" stroke="${colour}" stroke-opacity=".45" stroke-width="2.5"/><circle cx="${from}" cy="8" r="4.5" fill="${colour}"/><path d="M${to} 2V14" stroke="${colour}" stroke-width="2.5"/>`;
  const text = `${duration(p50Ns.median)} · ${duration(p99Ns.median)}`;
  return `<td class="nowrap" data-l="delay" data-v="${p99Ns.median}"><svg width="${DELAY_PX}" height="16" viewBox="0 0 ${DELAY_PX} 16" aria-hidden="true">${drawing}</svg><b>${text}</b></td>`;
}

function holdsCell({ transport, holds }: MainRow, most: number): string {
  if (holds === null) return `<td data-l="holds" data-v=""><i></i><b>–</b></td>`;
  const text = holds === 0 ? "none" : short(holds);
  return `<td class="nowrap" data-l="holds" data-v="${holds}">${bar(transport, holds / most)}<b>${text}</b></td>`;
}

function cpuCell({ transport, cpuUs }: MainRow, most: number): string {
  if (!isEstimate(cpuUs)) return `<td data-l="CPU a line" data-v=""${reason(cpuUs)}><i></i><b>–</b></td>`;
  const text = `${digits(cpuUs.median)} µs`;
  return `<td class="nowrap" data-l="CPU a line" data-v="${cpuUs.median}">${bar(transport, cpuUs.median / most)}<b>${text}</b></td>`;
}

function stopCell({ facts }: MainRow): string {
  const isLost = facts.overload === "drops";
  const text = whenReaderStops(facts);
  const sort = facts.lineBytesMax ?? Number.MAX_SAFE_INTEGER;
  return `<td data-l="if it stops" data-v="${isLost ? 0 : sort}"><span${isLost ? ' class="lost"' : ""}>${text}</span><small>${lineLimit(facts)}</small></td>`;
}

function bar(transport: string, share: number): string {
  const width = Math.max(2, BAR_PX * share).toFixed(1);
  return `<svg width="${BAR_PX}" height="9" viewBox="0 0 ${BAR_PX} 9" aria-hidden="true"><rect width="${BAR_PX}" height="9" rx="1.5" fill="var(--empty)"/><rect width="${width}" height="9" rx="1.5" fill="var(--${transport})"/></svg>`;
}

function value(reading: Reading): string {
  return isEstimate(reading) ? String(reading.median) : "";
}

function reason(reading: Reading): string {
  return isEstimate(reading) ? "" : ` title="${escaped(reading.why)}"`;
}
