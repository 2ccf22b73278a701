import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextIteration } from "node:timers/promises";
import { type Command, Option } from "commander";
import { OperationalError } from "../../core/errors.ts";
import { PIPE_BUF_BYTES } from "../../core/kernel-facts.ts";
import { printable } from "../../core/printable.ts";
import { makeResultsFolder } from "../../lab/results/results-folder.ts";
import { runDemo } from "../../lab/run/demo.ts";
import type { LabEvents } from "../../lab/run/run-lab.ts";
import { demoScenarios, slowReceiverScenarios } from "../../lab/scenarios/demo.ts";
import type { Scenario } from "../../lab/scenarios/scenario.ts";
import { html } from "../../report/exporters/html.ts";
import { wrapped } from "../../report/terminal/glyphs.ts";
import { verdictLines } from "../../report/terminal/report.ts";
import { verdictOf } from "../../report/verdict.ts";
import { LiveLine } from "../live-line.ts";
import { countWithin, positiveCountValue, positiveDurationValue } from "../option-values.ts";
import { EXIT } from "../run.ts";
import { type DemoRow, demoRow, SLOW_RECEIVER_TABLE, USUAL_TABLE, waitsAndDrops } from "./demo-table.ts";
import { summaryOf } from "./summary-of.ts";

interface DemoOptions {
  readonly producers: number;
  readonly size: number;
  readonly count: number;
  readonly interval: number;
  readonly slowReceiver: boolean;
  readonly out?: string;
  readonly json: boolean;
}

/** What every transport takes: a line has fewer than 256 bytes beside its message, and a FIFO takes the shortest lines. */
const MESSAGE_BYTES_MAX = PIPE_BUF_BYTES - 256;

const HELP = `
Exit: 0 done or interrupted; 1 failed; 2 wrong usage; 3 lines were lost, except with --slow-receiver, which shows it.`;

/** `ipc-lab demo`. */
export function addDemo(lab: Command, stop: AbortSignal): void {
  lab
    .command("demo")
    .description("compare the transports in half a minute, and say which one to take")
    .option("--producers <n>", "producers at once", positiveCountValue, 5)
    .option("--size <bytes>", "message size", countWithin(1, MESSAGE_BYTES_MAX, "bytes"), 100)
    .option("--count <n>", "lines of each producer", positiveCountValue, 20)
    .option("--interval <duration>", "time between a producer's lines", positiveDurationValue, 100)
    .addOption(
      new Option("--slow-receiver", "stop the aggregator for a second while producers send as fast as they can")
        .conflicts(["count", "interval"])
        .default(false),
    )
    .option("--out <folder>", "where results and report are written (default: a new temporary folder)")
    .option("--json", "print JSON objects: one per transport, then the verdict", false)
    .addHelpText("after", HELP)
    .action((_options: DemoOptions, self: Command) => demo(self.opts<DemoOptions>(), stop));
}

async function demo(options: DemoOptions, interrupted: AbortSignal): Promise<void> {
  const hangUp = hangUpOrDeafReader();
  const stop = AbortSignal.any([interrupted, hangUp]);
  if (stop.aborted) return;
  const folder = new DemoFolder(options.out);
  let isFinished = false;
  try {
    const rows = await measure(options, folder.path, stop);
    isFinished = !stop.aborted && (await conclude(options, { folder: folder.path, rows, stop }));
  } finally {
    if (!isFinished) folder.remove();
  }
  if (hangUp.reason === "SIGHUP") endByHangUp();
}

async function measure(options: DemoOptions, directory: string, stop: AbortSignal): Promise<DemoRow[]> {
  const { producers: senders, size: messageBytes, count: linesPerSender, interval: intervalMs } = options;
  const scenarios = options.slowReceiver
    ? slowReceiverScenarios({ senders, messageBytes })
    : demoScenarios({ senders, messageBytes, linesPerSender, intervalMs });
  const table = options.slowReceiver ? SLOW_RECEIVER_TABLE : USUAL_TABLE;
  if (!options.json) for (const line of [titleOf(options, scenarios[0]), ...table.head]) print(line);
  const rows: DemoRow[] = [];
  const shown = (row: DemoRow): void => {
    rows.push(row);
    print(options.json ? JSON.stringify(row) : table.row(row));
    if (row.residue !== 0 || (row.lost > 0 && !options.slowReceiver)) process.exitCode = EXIT.linesLost;
  };
  const failures = await runDemo({ directory, scenarios, events: progressOf(scenarios[0], shown), stop });
  if (failures > 0) process.exitCode = EXIT.operational;
  if (!options.json && !stop.aborted) print(table.foot);
  return rows;
}

function titleOf({ producers, size, interval, slowReceiver }: DemoOptions, { variants: [variant] }: Scenario): string {
  const lines = variant?.load.linesPerSender?.toLocaleString("en");
  if (slowReceiver) return `${producers} producers, ${lines} lines each at full speed; the aggregator stops for 1 s`;
  return `${producers} producers, ${lines} lines each, one every ${interval} ms, ${size} bytes per message`;
}

/** A live line, and a row for each cell of the scenario that is shown. */
function progressOf({ name }: Scenario, show: (row: DemoRow) => void): LabEvents {
  const live = new LiveLine(process.stderr);
  let [done, all] = [0, 0];
  return {
    begun: (_run, pending) => {
      all = pending.length;
    },
    warmingUp: () => live.draw(() => "warming up"),
    cellBegun: ({ transport, scenario }) => {
      done++;
      const what = scenario === name ? "running" : "the same at 10,000 lines/s, for the verdict";
      live.draw(() => `${done}/${all}  ${transport}: ${what}…`);
    },
    cellMeasured: (line) => {
      live.clear();
      if (line.scenario === name) show(demoRow(line));
    },
    cellFailed: ({ transport }, why) => {
      live.clear();
      process.stderr.write(`${printable(`${transport}: not measured: ${why}`)}\n`);
    },
    outOfTime: () => {},
  };
}

interface Measured {
  readonly folder: string;
  readonly rows: readonly DemoRow[];
  readonly stop: AbortSignal;
}

/** Writes the report, and prints the verdict and where the report is. @returns false when interrupted before it was written */
async function conclude({ slowReceiver, json }: DemoOptions, { folder, rows, stop }: Measured): Promise<boolean> {
  const summary = summaryOf(folder);
  const verdict = verdictOf(summary);
  const content = await html.content(summary);
  // A signal that came meanwhile is handled in the next iteration.
  await nextIteration();
  if (stop.aborted) return false;
  const report = join(folder, html.fileName);
  writeFileSync(report, content);
  const sentences = slowReceiver ? wrapped(waitsAndDrops(rows).join(" ")) : verdictLines(verdict);
  if (json) print(JSON.stringify({ take: verdict.take ?? null, verdict: sentences.join(" "), report }));
  else for (const line of ["", ...sentences, `report: ${printable(report)}`]) print(line);
  return true;
}

/** Where results and report go. */
class DemoFolder {
  readonly path: string;
  /** What there is to remove when the demo doesn't finish. */
  readonly #made: string | undefined;

  /** @throws OperationalError USAGE for a folder with files in it */
  constructor(wanted: string | undefined) {
    this.path = wanted ?? mkdtempSync(join(tmpdir(), "ipc-lab-demo-"));
    this.#made = wanted === undefined ? this.path : makeResultsFolder(wanted);
    if (readdirSync(this.path).length === 0) return;
    throw new OperationalError("USAGE", `${wanted} is not empty; pass an --out that doesn't exist yet`);
  }

  remove(): void {
    const all = this.#made === undefined ? readdirSync(this.path).map((name) => join(this.path, name)) : [this.#made];
    for (const path of all) rmSync(path, { recursive: true });
  }
}

/** Aborts when the terminal is gone, or when nobody reads the results any more. */
function hangUpOrDeafReader(): AbortSignal {
  const stop = new AbortController();
  process.on("SIGHUP", () => stop.abort("SIGHUP"));
  process.stdout.on("error", () => stop.abort());
  process.stderr.on("error", () => {}); // of a terminal that has hung up
  return stop.signal;
}

/** After its terminal has hung up, Node 20 aborts at a normal exit (ResetStdio in src/node.cc), so the signal ends the process instead. */
function endByHangUp(): void {
  process.removeAllListeners("SIGHUP");
  process.kill(process.pid, "SIGHUP");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
