import { type Command, InvalidArgumentError, Option } from "commander";
import {
  VERIFY_BYTES_MAX_DEFAULT,
  VERIFY_LINE_BYTES_MAX_DEFAULT,
  VERIFY_PRODUCERS_MAX,
  VERIFY_PRODUCERS_MAX_DEFAULT,
} from "../../core/limits.ts";
import { printableJson } from "../../core/printable.ts";
import { parseCount } from "../../core/units.ts";
import type { Expectation } from "../../lab/findings.ts";
import { verifyFiles } from "../../lab/verify-files.ts";
import { positiveCountValue, positiveSizeValue } from "../option-values.ts";
import { EXIT } from "../run.ts";
import { verifyReport } from "./verify-report.ts";

interface VerifyCommandOptions {
  readonly expect?: Expectation;
  readonly against?: readonly string[];
  readonly rotated: boolean;
  readonly maxProducers: number;
  readonly maxBytes: number;
  readonly maxLine: number;
  readonly json: boolean;
}

const HELP = `
One file is read with its rotated files, app.jsonl.<time>[.gz], oldest first; several are read as given.
A file alone can't show that its last lines or a whole producer are missing: --expect and --against can.

Examples:
  $ ipc-lab verify app.jsonl                                    gaps, duplicates, order and torn lines
  $ ipc-lab verify app.jsonl --expect lines=3000,producers=3    and whether all lines are present
  $ ipc-lab verify app.jsonl --against done-1.jsonl done-2.jsonl

Exit: 0 complete, or intact as far as the file can show; 1 a file can't be read; 2 wrong usage; 3 anything else: a flaw, a
limit that left lines unchecked, or no line of a producer at all.`;

/** `ipc-lab verify`. */
export function addVerify(lab: Command): void {
  lab
    .command("verify")
    .description("read output files back and account for the lines of every producer's runs")
    .argument("<file...>", "the output; or several files, oldest first; .gz too")
    .option("--no-rotated", "read one file without its rotated files")
    .addOption(new Option("--expect <what>", "lines=N,producers=N or one of them").argParser(expectationValue))
    .option("--against <file...>", "what the producers printed on stdout: compare with their done events")
    .option("--max-producers <n>", "runs of producers accounted for", producersValue, VERIFY_PRODUCERS_MAX_DEFAULT)
    .addOption(sizeOption("--max-bytes <size>", "bytes read, decompressed", VERIFY_BYTES_MAX_DEFAULT))
    .addOption(sizeOption("--max-line <size>", "longest line looked at", VERIFY_LINE_BYTES_MAX_DEFAULT))
    .option("--json", "print one JSON object instead of the table", false)
    .addHelpText("after", HELP)
    .action(printVerdict);
}

async function printVerdict(files: string[], options: VerifyCommandOptions): Promise<void> {
  const { expect, against, rotated, maxProducers: producersMax, maxBytes: bytesMax, maxLine: lineBytesMax } = options;
  const asked = { ...(expect && { expect }), ...(against && { against }), rotated };
  const verdict = await verifyFiles(files, { ...asked, producersMax, bytesMax, lineBytesMax });
  if (options.json) print(printableJson(JSON.stringify(verdict)));
  else for (const line of verifyReport(verdict, verdict)) print(line);
  const isGood = verdict.outcome === "complete" || verdict.outcome === "intact";
  process.exitCode = isGood ? EXIT.done : EXIT.linesLost;
}

function sizeOption(flags: string, what: string, bytes: number): Option {
  const written = bytes < 1024 ** 3 ? `${bytes / 1024 ** 2}MiB` : `${bytes / 1024 ** 3}GiB`;
  return new Option(flags, what).argParser(positiveSizeValue).default(bytes, written);
}

function producersValue(text: string): number {
  const count = positiveCountValue(text);
  if (count <= VERIFY_PRODUCERS_MAX) return count;
  throw new InvalidArgumentError(`Write a whole number of at most ${VERIFY_PRODUCERS_MAX}.`);
}

function expectationValue(text: string): Expectation {
  const expected: { lines?: number; producers?: number } = {};
  for (const part of text.split(",")) {
    const [, name, digits] = /^(lines|producers)=(\d+)$/.exec(part) ?? [];
    const count = digits === undefined ? undefined : parseCount(digits);
    if (count === undefined) throw new InvalidArgumentError("Write lines=3000,producers=3, or one of them.");
    if (name === "lines") expected.lines = count;
    else expected.producers = count;
  }
  return expected;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
