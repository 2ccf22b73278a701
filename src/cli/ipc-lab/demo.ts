import type { Command } from "commander";
import { PIPE_BUF_BYTES } from "../../core/kernel-facts.ts";
import { TRANSPORT_NAMES } from "../../core/transport-name.ts";
import { runTrial, type TrialResult } from "../../lab/trial.ts";
import { type Column, tableHead, tableRow } from "../../report/text-table.ts";
import { LiveLine } from "../live-line.ts";
import { countWithin, durationValue, positiveCountValue } from "../option-values.ts";
import { type CommonOptions, EXIT } from "../run.ts";

interface DemoOptions extends CommonOptions {
  readonly producers: number;
  readonly size: number;
  readonly count: number;
  readonly interval: number;
  readonly json: boolean;
}

/** What every transport takes: a line has fewer than 256 bytes beside its message, and a FIFO takes the shortest lines. */
const MESSAGE_BYTES_MAX = PIPE_BUF_BYTES - 256;

const COLUMNS: readonly Column<TrialResult>[] = [
  { title: "transport", width: 9, align: "left", cell: (row) => row.transport },
  { title: "sent", width: 8, align: "right", cell: (row) => String(row.sent) },
  { title: "stored", width: 8, align: "right", cell: (row) => String(row.stored) },
  { title: "lost", width: 6, align: "right", cell: (row) => String(row.lost) },
  { title: "duplicates", width: 10, align: "right", cell: (row) => String(row.duplicates) },
  { title: "seconds", width: 7, align: "right", cell: (row) => row.seconds.toFixed(2) },
  { title: "p50 ms", width: 6, align: "right", cell: (row) => fixed(row.latencyP50Ms) },
  { title: "p99 ms", width: 6, align: "right", cell: (row) => fixed(row.latencyP99Ms) },
];

/** `ipc-lab demo`. */
export function addDemo(lab: Command): void {
  lab
    .command("demo")
    .description(
      "run an aggregator and its producers over each transport in turn, and compare what was sent and stored",
    )
    .option("--producers <n>", "producers at once", positiveCountValue, 5)
    .option("--size <bytes>", "message size", countWithin(1, MESSAGE_BYTES_MAX, "bytes"), 100)
    .option("--count <n>", "lines of each producer", positiveCountValue, 50)
    .option("--interval <duration>", "time between a producer's lines", durationValue, 100)
    .option("--json", "print one JSON object per transport instead of the table", false)
    .action((_options: DemoOptions, self: Command) => demo(self.opts<DemoOptions>()));
}

async function demo(options: DemoOptions): Promise<void> {
  const { producers, size, count, interval } = options;
  if (!options.json) {
    print(`${producers} producers, ${count} lines each, one every ${interval} ms, ${size} bytes per message`);
    for (const line of tableHead(COLUMNS)) print(line);
  }
  const stop = interruption();
  const progress = new LiveLine(process.stderr);
  for (const transport of TRANSPORT_NAMES) {
    progress.draw(() => `${transport}: running…`);
    const trial = { transport, producers, size, count, intervalMs: interval, stop };
    const result = await runTrial(trial).catch((error) => {
      if (!stop.aborted) throw error;
    });
    progress.clear();
    if (result === undefined) return endOfHangUp(stop);
    print(options.json ? JSON.stringify(result) : tableRow(COLUMNS, result));
    if (result.lost > 0 || result.residue !== 0) process.exitCode = EXIT.linesLost;
  }
  if (!options.json) print("latency: from just before the send to when the line can be read in the file");
}

/** Aborts upon a signal, or when nobody reads the results any more. */
function interruption(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort(signal));
  process.stdout.on("error", () => stop.abort());
  process.stderr.on("error", () => {}); // of a terminal that has hung up
  return stop.signal;
}

/** After its terminal has hung up, Node 20 aborts at a normal exit (ResetStdio in src/node.cc), so the signal ends the process instead. */
function endOfHangUp(stop: AbortSignal): void {
  if (stop.reason !== "SIGHUP") return;
  process.removeAllListeners("SIGHUP");
  process.kill(process.pid, "SIGHUP");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fixed(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}
