import { Argument, type Command, Option } from "commander";
import type { Logger } from "pino";
import type { Aggregator } from "../../aggregator/aggregator.ts";
import { AGGREGATOR_DEFAULTS, type AggregatorOptions, createAggregator } from "../../aggregator/create-aggregator.ts";
import { OperationalError } from "../../core/errors.ts";
import { namesWith, TRANSPORT_NAMES } from "../../core/transport-name.ts";
import { andList, orList } from "../../core/word-list.ts";
import { lossIn } from "../../ledger/ledger.ts";
import { priority, setPriority } from "../../os/priority.ts";
import type { LineCheck } from "../../records/line-checker.ts";
import { isStandardOutput } from "../../sink/standard-output.ts";
import { openDiagnostics } from "../diagnostics.ts";
import { niceValue, positiveDurationValue, positiveSizeValue } from "../option-values.ts";
import { type CommonOptions, createCommand, EXIT, run } from "../run.ts";
import { StatusLine } from "../status-line.ts";
import { stopSignal } from "../stop-signal.ts";
import { announceEvents } from "./events.ts";
import { addOutputOptions, type OutputOptions, outputSettings } from "./output-options.ts";
import { StatsEvents } from "./stats-events.ts";

interface AggregatorCommandOptions extends CommonOptions, OutputOptions {
  readonly check: LineCheck;
  readonly maxLine: number;
  readonly queueBytes: number;
  readonly receiveBuffer: number;
  readonly latency: "balanced" | "low";
  readonly priority?: number;
  readonly status: boolean;
  readonly json?: true;
  readonly statsInterval?: number;
}

const EXAMPLES = `
Examples:
  $ aggregator unixsock                              listen where "producer unixsock" sends by default
  $ aggregator unixsock=/tmp/log.sock tcp=:9000      two transports, at addresses of your own
  $ aggregator udp=[::1]:9000 -o /var/log/app.jsonl  IPv6, another file
  $ aggregator fifo=/tmp/log_fifo --check none       store every line unchanged
  $ aggregator unixsock -o - | jq .level             pass lines on to another program; events go to stderr

Addresses: a path for ${andList(namesWith("path"))}; host:port for ${andList(namesWith("inet"))} (":0" takes a free port).
Exit: 0 stopped by SIGINT or SIGTERM, 1 failed, 2 wrong usage, 3 stopped, but lines were lost (see the ledger).`;

/** The aggregator command: argv in, exit code out. */
export async function main(): Promise<void> {
  const command = createCommand("aggregator", "Collect log lines from local senders into one JSONL file.");
  command.addArgument(new Argument("<transport[=address]...>", `${orList(TRANSPORT_NAMES)}; one or several`));
  addOutputOptions(command)
    .addOption(
      new Option("--check <check>", "what a line must be to be stored unwrapped: a JSON object, {…}, or anything")
        .choices(["json", "shape", "none"])
        .default(AGGREGATOR_DEFAULTS.check),
    )
    .addOption(
      sizeOption(
        "--max-line <size>",
        "longest line stored; longer ones are only counted",
        AGGREGATOR_DEFAULTS.lineBytesMax,
      ),
    )
    .addOption(
      sizeOption(
        "--queue-bytes <size>",
        "most memory for lines that wait for the file",
        AGGREGATOR_DEFAULTS.queueBytesMax,
      ),
    )
    .addOption(
      sizeOption("--receive-buffer <size>", "udp receive buffer to ask for", AGGREGATOR_DEFAULTS.receiveBufferBytes),
    )
    .addOption(
      new Option(
        "--latency <kind>",
        "balanced: at high rates sleep up to 0.5 ms, which halves CPU per line; low: never",
      )
        .choices(["balanced", "low"])
        .default(AGGREGATOR_DEFAULTS.latency),
    )
    .option("--priority <nice>", "scheduling priority, -20 to 19 (default: as it was started)", niceValue)
    .option(
      "--stats-interval <duration>",
      "print the ledger at this interval (SIGUSR2: once, now)",
      positiveDurationValue,
    )
    .option("--no-status", "no live status line on a terminal")
    .option("--json", "print JSON on a terminal, too")
    .addHelpText("after", EXAMPLES)
    .action((_transports: string[], _options: AggregatorCommandOptions, self: Command) => serve(self));
  await run(command);
}

async function serve(command: Command): Promise<void> {
  const options = command.opts<AggregatorCommandOptions>();
  const terminal = process.stderr.isTTY === true;
  const isLogForPeople = terminal && options.json !== true;
  let status: StatusLine | undefined;
  const log = await openDiagnostics({
    name: "aggregator",
    level: options.logLevel,
    terminal: isLogForPeople,
    beforeLine: () => status?.clear(),
  });
  const isStdoutTaken = isStandardOutput(options.output);
  const stream = isStdoutTaken ? process.stderr : process.stdout;
  const events = announceEvents({
    stream,
    isForPeople: stream.isTTY === true && options.json !== true,
    log,
    isLogForPeople,
    beforeEvent: () => status?.clear(),
  });
  const signal = stopSignal();
  prioritize(options.priority, log);
  // Handled from the start: a program that reads "listening" may send these signals immediately.
  const stats = new StatsEvents(events.stats);
  let running: Aggregator | undefined;
  let end: () => void = () => {};
  const readerGone = new Promise<void>((resolve) => {
    end = resolve;
  });
  process.on("SIGHUP", () => running?.reopen());
  const aggregator = await createAggregator({
    ...aggregatorOptions(command),
    events: {
      ...events,
      readerGone: () => {
        events.readerGone();
        end();
      },
    },
  });
  running = aggregator;
  events.started(options.output);
  stats.begin(aggregator, options.statsInterval);
  if (terminal && options.status && !isStdoutTaken) status = new StatusLine(process.stderr, () => aggregator.status());
  const failure = await Promise.race([
    signal.then(() => undefined),
    readerGone.then(() => undefined),
    aggregator.failed().catch((error: Error) => error),
  ]);
  stats.close();
  const ledger = await aggregator.close();
  status?.close();
  events.closed(ledger, options.output);
  if (lossIn(ledger) === "some") process.exitCode = EXIT.linesLost;
  if (failure instanceof OperationalError) throw failure;
  if (failure !== undefined) throw failure;
}

function prioritize(wanted: number | undefined, log: Logger): void {
  if (wanted === undefined || setPriority(wanted)) return;
  log.warn(
    `priority ${wanted} needs root or CAP_SYS_NICE, so it stays ${priority()}; start the aggregator with one of them`,
  );
}

function aggregatorOptions(command: Command): AggregatorOptions {
  const options = command.opts<AggregatorCommandOptions>();
  return {
    ...outputSettings(command),
    listen: command.args,
    environment: process.env,
    check: options.check,
    lineBytesMax: options.maxLine,
    queueBytesMax: options.queueBytes,
    receiveBufferBytes: options.receiveBuffer,
    latency: options.latency,
  };
}

function sizeOption(flags: string, description: string, bytes: number): Option {
  return new Option(flags, description).argParser(positiveSizeValue).default(bytes, `${bytes / 1024 / 1024}MiB`);
}
