import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { errnoOf, OperationalError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import { RESULTS_NAME, readResults } from "../../lab/results/results-file.ts";
import { summarize } from "../../lab/summary/summarize.ts";
import { EXPORTERS } from "../../report/exporters.ts";
import type { TerminalLook } from "../../report/terminal/glyphs.ts";
import { terminalReport } from "../../report/terminal/report.ts";

const HELP = `
Examples:
  $ ipc-lab report ipc-lab-results                     the verdict, and report.html, .md, .json and .csv in that folder`;

/** `ipc-lab report`. */
export function addReport(lab: Command): void {
  lab
    .command("report")
    .description("present the results of a run: which transport to use, and what each costs")
    .argument("<folder>", "the folder of an ipc-lab run")
    .addHelpText("after", HELP)
    .action(report);
}

async function report(folder: string): Promise<void> {
  const summary = summarize(readResults(join(folder, RESULTS_NAME)), folder);
  for (const line of terminalReport(summary, terminalLook(process.stdout, process.env))) print(printable(line));
  for (const { fileName, content } of EXPORTERS) write(join(folder, fileName), await content(summary));
  print("");
  print(EXPORTERS.map(({ fileName }) => printable(join(folder, fileName))).join("\n"));
}

/** Colour on a terminal without NO_COLOR (no-color.org); other characters than ASCII unless the locale rules them out. */
function terminalLook(output: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): TerminalLook {
  const { NO_COLOR: noColour, LC_ALL: all, LC_CTYPE: type, LANG: language } = environment;
  const locale = all || type || language || "UTF-8";
  return { hasColour: output.isTTY === true && !noColour, hasUnicode: /utf-?8/i.test(locale) };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function write(path: string, content: string): void {
  try {
    writeFileSync(path, content);
  } catch (cause) {
    const fact = `${path} can't be written (${errnoOf(cause)})`;
    throw new OperationalError("OUTPUT_UNWRITABLE", `${fact}; make its folder writable`, { cause });
  }
}
