import { plain } from "../facts.ts";
import { FIGURES } from "../figures/all.ts";
import { busyMachine, configuration, lineLimit, type MainRow, whenReaderStops } from "../main-table.ts";
import { type NumbersTable, readingCell } from "../numbers.ts";
import { otherLoads } from "../other-loads.ts";
import { ranked } from "../ranking.ts";
import { isBlank } from "../reading.ts";
import { runtimes } from "../runtimes.ts";
import type { Summary } from "../summary.ts";
import { tracingCost } from "../tracing-cost.ts";
import { verdictOf } from "../verdict.ts";
import { day, digits, duration, percent, short } from "../words.ts";
import { analyses } from "./analyses.ts";
import type { Exporter } from "./exporter.ts";
import { table } from "./table.ts";

/** The verdict, the first table, each figure's numbers, and the analyses of system calls, latency and wakeups side by side. */
export const markdown: Exporter = {
  fileName: "report.md",
  content: (summary) => {
    const parts = [
      head(summary),
      mainTable(summary),
      ...figures(summary),
      ...[...otherLoads(summary), ...runtimes(summary), ...tracingCost(summary)].map(
        (shown) => `## ${shown.caption}\n\n${rowsOf(shown)}`,
      ),
      analyses(summary),
      claims(summary),
      machine(summary),
    ];
    const text = `${parts.filter((part) => part !== "").join("\n\n")}\n`.replaceAll("\u00a0", " ");
    // It has neither HTML nor links, so these come from results that somebody has edited.
    return text.replace(/[<[]/g, "\\$&");
  },
};

function head(summary: Summary): string {
  const { take, why, exceptions } = verdictOf(summary);
  const title = take === undefined ? "# No verdict" : `# Take ${take}`;
  const { machine, run } = summary;
  const place = `${machine.cores}-core ${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}, ${day(run.startedAt)}.`;
  const others = exceptions.map(({ transport, need, price }) => `- **${transport}** ${need}: ${plain(price)}.`);
  return [title, why.map(plain).join(" "), busyMachine(summary), others.join("\n"), place]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** The first screen's table. */
function mainTable(summary: Summary): string {
  const rows = ranked(summary);
  if (rows.length === 0) return "";
  const head = [
    "transport",
    "lost at the highest rate",
    "p50",
    "p99",
    "holds, lines/s",
    "CPU a line, µs",
    "if the reader stops",
    "longest line",
  ];
  return [`${configuration(summary)}.`, table(head, rows.map(mainRow))].join("\n\n");
}

function mainRow(row: MainRow): string[] {
  const { transport, lost, p50Ns, p99Ns, holds, cpuUs, facts } = row;
  return [
    transport,
    readingCell(lost, percent).text,
    readingCell(p50Ns, duration).text,
    readingCell(p99Ns, duration).text,
    holds === null ? "–" : holds === 0 ? "none" : short(holds),
    readingCell(cpuUs, digits).text,
    whenReaderStops(facts),
    lineLimit(facts),
  ];
}

function figures(summary: Summary): string[] {
  return FIGURES.map(({ topic, content }, at) => {
    const found = content(summary);
    if (isBlank(found)) return `## Figure ${at + 1}: ${topic}\n\nNot measured: ${found.why}.`;
    return [`## Figure ${at + 1}: ${found.finding}`, found.shows, numbers(found.numbers)].join("\n\n");
  });
}

function numbers(shown: NumbersTable): string {
  return `${shown.caption}.\n\n${rowsOf(shown)}`;
}

function rowsOf({ head, rows, notes }: NumbersTable): string {
  const body = rows.map(({ name, cells }) => [name, ...cells.map(({ text }) => text)]);
  return [table(head, body), notes.map((note) => `${note}.`).join(" ")].filter((part) => part !== "").join("\n\n");
}

function claims({ claims: all }: Summary): string {
  if (all.length === 0) return "";
  const rows = all.map(({ id, text, result, measured }) => [`\`${id}\``, result ?? "–", text, measured]);
  return ["## What people say, checked here", table(["claim", "result", "statement", "measured"], rows)].join("\n\n");
}

function machine({ machine: { facts }, missing, run }: Summary): string {
  const rows = facts.map(([name, value]) => [name, value ?? "not readable here"]);
  const cells = missing.map(({ cell, why }) => `- ${cell}: ${why}`);
  const measured = `${run.measured} of ${run.planned} cells were measured${run.quick ? ", with --quick" : ""}.`;
  return ["## This machine, this run", table(["", ""], rows), measured, cells.join("\n")]
    .filter((part) => part !== "")
    .join("\n\n");
}
