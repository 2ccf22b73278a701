import { type Command, Option } from "commander";
import { printable } from "../../core/printable.ts";
import { type Advice, adviseOn, type Need } from "../../report/advice.ts";
import { wrapped } from "../../report/terminal/glyphs.ts";
import { positiveCountValue, positiveSizeValue } from "../option-values.ts";
import { EXIT } from "../run.ts";
import { FOLDER_DEFAULT, summaryOf } from "./summary-of.ts";

interface AdviseOptions {
  readonly rate: number;
  readonly size: number;
  readonly senders: number;
  readonly loss: Need["loss"];
  readonly remote: boolean;
  readonly json: boolean;
}

const HELP = `
Example:
  $ ipc-lab advise --rate 20000 --size 300 --senders 20 --loss never

Exit: 0 a transport fits; 1 failed, or none fits; 2 wrong usage.`;

/** `ipc-lab advise`. */
export function addAdvise(lab: Command): void {
  lab
    .command("advise")
    .description("say which transport fits a need, from the results of a run, and which settings to change")
    .argument("[folder]", "the folder of an ipc-lab run", FOLDER_DEFAULT)
    .requiredOption("--rate <n>", "lines per second of all senders together", positiveCountValue)
    .option("--size <bytes>", "longest line with its LF", positiveSizeValue, 300)
    .option("--senders <n>", "senders at once", positiveCountValue, 5)
    .addOption(
      new Option("--loss <how>", "never; rare: one line in a thousand; ok: any")
        .choices(["never", "rare", "ok"])
        .default("never"),
    )
    .option("--remote", "senders are on other machines", false)
    .option("--json", "print one JSON object", false)
    .addHelpText("after", HELP)
    .action(advise);
}

function advise(folder: string, { rate, size, senders, loss, remote, json }: AdviseOptions): void {
  const need: Need = { rate, lineBytes: size, senders, loss, isRemote: remote };
  const advice = adviseOn(summaryOf(folder), need);
  const lines = json ? [JSON.stringify({ need, ...advice })] : inWords(advice).flatMap((line) => wrapped(line));
  for (const line of lines) process.stdout.write(`${printable(line)}\n`);
  if (advice.fitting.length === 0) process.exitCode = EXIT.operational;
}

function inWords({ fitting: [first, second], unfit, settings, unknown }: Advice): string[] {
  const answer = first === undefined ? ["No transport fits."] : [`Take ${first.transport}: ${first.because}.`];
  const next = second === undefined ? [] : [`Next: ${second.transport}: ${second.because}.`];
  const not = unfit.map(({ transport, because }) => `Not ${transport}: ${because}.`);
  const change = settings.map((setting) => `Change: ${setting}.`);
  const open = unknown.map((what) => `Not measured in this run: ${what}.`);
  return [...answer, ...change, ...next, ...not, ...open];
}
