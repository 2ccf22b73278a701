import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { errnoOf, OperationalError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import { orList } from "../../core/word-list.ts";
import { compare, type Limit, METRICS, parseLimit, type Worse } from "../../report/comparison.ts";
import { EXPORTERS } from "../../report/exporters.ts";
import { READINGS, type Summary } from "../../report/summary.ts";
import type { TerminalLook } from "../../report/terminal/glyphs.ts";
import { terminalReport } from "../../report/terminal/report.ts";
import { hasColor } from "../color.ts";
import { type CommonOptions, EXIT } from "../run.ts";
import { FOLDER_DEFAULT, summaryOf } from "./summary-of.ts";

interface ReportOptions extends CommonOptions {
  readonly baseline?: string;
  readonly failIf?: readonly Limit[];
}

const HELP = `
A limit is a figure of ${Object.keys(METRICS).join(", ")} and a change: p99>+10%, or rate<-5%.
A figure is worse when it is over its limit, and beyond both 95 % intervals.

Examples:
  $ ipc-lab report                                     the verdict of ${FOLDER_DEFAULT}; report.html and others go there
  $ ipc-lab report new --baseline old --fail-if 'p99>+10%' --fail-if 'lost>+0%'

Exit: 0 done; 1 failed, or a figure is worse than a limit allows; 2 wrong usage.`;

/** `ipc-lab report`. */
export function addReport(lab: Command): void {
  lab
    .command("report")
    .description("present the results of a run: which transport to use, and what each costs")
    .argument("[folder]", "the folder of an ipc-lab run", FOLDER_DEFAULT)
    .option("--baseline <folder>", "compare with the results of another run")
    .option("--fail-if <limit>", "exit with 1 if a figure is so much worse than the baseline's", limitValue)
    .addHelpText("after", HELP)
    .action((folder: string, _options: ReportOptions, self: Command) =>
      report(folder, self.optsWithGlobals<ReportOptions>()),
    );
}

async function report(folder: string, { baseline, failIf, color }: ReportOptions): Promise<void> {
  if ((baseline === undefined) !== (failIf === undefined)) {
    throw new OperationalError("USAGE", "--baseline and --fail-if need each other; pass both or neither");
  }
  const summary = summaryOf(folder);
  const hasColour = color === "always" || (process.stdout.isTTY === true && hasColor(color));
  for (const line of terminalReport(summary, terminalLook(hasColour, process.env))) print(line);
  for (const { fileName, content } of EXPORTERS) write(join(folder, fileName), await content(summary));
  print("");
  print(EXPORTERS.map(({ fileName }) => printable(join(folder, fileName))).join("\n"));
  if (baseline !== undefined && failIf !== undefined) compareWith(summary, baseline, failIf);
}

function compareWith(summary: Summary, baseline: string, limits: readonly Limit[]): void {
  const { worse, compared } = compare(summary, summaryOf(baseline), limits);
  print("");
  for (const one of worse) print(worseLine(one));
  print(`${compared} figures compared with ${printable(baseline)}: ${worse.length} worse than allowed`);
  if (worse.length > 0) process.exitCode = EXIT.operational;
}

function worseLine({ limit, cell, before, now }: Worse): string {
  const change = before === 0 ? "" : ` (${now > before ? "+" : "−"}${Math.abs(100 * (now / before - 1)).toFixed(0)} %)`;
  const unit = READINGS[METRICS[limit.metric]];
  return `worse  ${cell}: ${unit}: ${round(before)}, now ${round(now)}${change}; limit ${limit.text}`;
}

function round(value: number): string {
  return Number(value.toPrecision(4)).toLocaleString("en-US", { maximumFractionDigits: 6 });
}

/** The limits of all options so far. */
function limitValue(text: string, before: readonly Limit[] = []): readonly Limit[] {
  const limit = parseLimit(text);
  if (limit !== undefined) return [...before, limit];
  throw new InvalidArgumentError(`Write ${orList(Object.keys(METRICS))} and a change, such as p99>+10% or rate<-5%.`);
}

/** Other characters than ASCII unless the locale rules them out. */
function terminalLook(hasColour: boolean, environment: NodeJS.ProcessEnv): TerminalLook {
  const { LC_ALL: all, LC_CTYPE: type, LANG: language } = environment;
  const locale = all || type || language || "UTF-8";
  return { hasColour, hasUnicode: /utf-?8/i.test(locale) };
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
