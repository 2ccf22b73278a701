import { Argument, type Command } from "commander";
import type { Logger } from "pino";
import type { Aggregator } from "../../aggregator/aggregator.ts";
import { createAggregator } from "../../aggregator/create-aggregator.ts";
import { OperationalError } from "../../core/errors.ts";
import { namesWith, TRANSPORT_NAMES } from "../../core/transport-name.ts";
import { andList, orList } from "../../core/word-list.ts";
import { priority, setPriority } from "../../os/priority.ts";
import { isStandardOutput } from "../../sink/standard-output.ts";
import { openDiagnostics } from "../diagnostics.ts";
import { LiveLine } from "../live-line.ts";
import { createCommand, EXIT, run } from "../run.ts";
import { StatusLine } from "../status-line.ts";
import { stopSignal } from "../stop-signal.ts";
import { Supervision } from "../supervision.ts";
import { TerminalWatch } from "../terminal-watch.ts";
import { transportList } from "../transport-list.ts";
import { announceEvents } from "./events.ts";
import { type Inheritance, takeInheritance } from "./inherited.ts";
import { hasLosses } from "./losses.ts";
import type { Monitoring } from "./monitoring.ts";
import { type AggregatorCommandOptions, addRunningOptions, aggregatorOptions } from "./options.ts";
import { addOutputOptions } from "./output-options.ts";
import type { AggregatorEvents } from "./presenters.ts";
import { StatsEvents } from "./stats-events.ts";
import { supervised } from "./supervised.ts";

const EXAMPLES = `
Examples:
  $ aggregator unixsock                              listen where "producer unixsock" sends by default
  $ aggregator unixsock=/tmp/log.sock tcp=:9000      two transports, at addresses of your own
  $ aggregator udp=[::1]:9000 -o /var/log/app.jsonl  IPv6, another file
  $ aggregator fifo=/tmp/log_fifo --check none       store every line unchanged
  $ aggregator unixsock -o - | jq .level             pass lines on to another program; events go to stderr

Addresses: a path for ${andList(namesWith("path"))}; host:port for ${andList(namesWith("inet"))} (":0" takes a free port).
Exit: 0 stopped by SIGINT or SIGTERM, or -o - has no reader any more, 1 failed, 2 wrong usage, 3 stopped and lost lines.`;

/** The aggregator command: argv in, exit code out. */
export async function main(): Promise<void> {
  const command = createCommand("aggregator", "Collect log lines from local senders into one JSONL file.")
    .usage("[options] <transport[=address]>...")
    // Optional for the parser, so that the answer to none can be more helpful than its own.
    .addArgument(new Argument("[transport[=address]...]", `${orList(TRANSPORT_NAMES)}; one or several`))
    .addHelpText("after", EXAMPLES)
    .action((transports: string[], _options: AggregatorCommandOptions, self: Command) => {
      const inheritance = takeInheritance(process.env);
      if (transports.length + inheritance.descriptors.length === 0)
        self.error(transportList("aggregator", "name a transport to listen on, or several"));
      return serve(self, inheritance);
    });
  await run(addRunningOptions(addOutputOptions(command)));
}

async function serve(command: Command, inheritance: Inheritance): Promise<void> {
  const options = command.opts<AggregatorCommandOptions>();
  const supervision = new Supervision(process.env);
  let running: Aggregator | undefined;
  const watch = new TerminalWatch(() => supervision.reloading(() => hangUp(running)));
  const liveLine = new LiveLine(process.stderr);
  const isLogForPeople = process.stderr.isTTY === true && options.json !== true;
  const log = await openDiagnostics({
    name: "aggregator",
    level: options.logLevel,
    terminal: isLogForPeople,
    color: options.color,
    liveLine,
    failed: watch.look,
  });
  const isStdoutTaken = isStandardOutput(options.output);
  const stream = isStdoutTaken ? process.stderr : process.stdout;
  const events = announceEvents({
    stream,
    isForPeople: stream.isTTY === true && options.json !== true,
    log,
    isLogForPeople,
    liveLine,
  });
  const signal = stopSignal(watch.lost);
  prioritize(options.priority, log);
  if (inheritance.warning !== undefined) log.warn(inheritance.warning);
  // Handled from the start: a program that reads "listening" may send these signals immediately.
  const stats = new StatsEvents(events.stats);
  let end: () => void = () => {};
  const readerGone = new Promise<void>((resolve) => {
    end = resolve;
  });
  await using monitoring = await monitor(options, events);
  const aggregator = await createAggregator({
    ...aggregatorOptions(command),
    inherited: inheritance.descriptors,
    events: {
      ...(monitoring?.watch(events) ?? events),
      readerGone: () => {
        events.readerGone();
        end();
      },
    },
  });
  running = aggregator;
  monitoring?.begin(aggregator);
  events.started(options.output);
  stats.begin(aggregator, options.statsInterval);
  supervision.ready(supervised(aggregator));
  const showsStatus = options.status && liveLine.isPossible && !isStdoutTaken;
  const status = showsStatus ? new StatusLine(liveLine, () => aggregator.status()) : undefined;
  const failure = await Promise.race([
    signal.then(() => undefined),
    readerGone.then(() => undefined),
    aggregator.failed().catch((error: Error) => error),
  ]);
  stats.close();
  supervision.stopping();
  monitoring?.stopping();
  const ledger = await aggregator.close();
  status?.close();
  events.closed(ledger, options.output);
  if (hasLosses(ledger)) process.exitCode = EXIT.linesLost;
  if (failure instanceof OperationalError) throw failure;
  if (failure !== undefined) throw failure;
}

function hangUp(aggregator: Aggregator | undefined): void {
  aggregator?.reopen();
  aggregator?.renewCertificates();
}

/** Loaded only with --metrics: it would add to every start. */
async function monitor(
  { metrics, ...options }: AggregatorCommandOptions,
  events: AggregatorEvents,
): Promise<Monitoring | undefined> {
  if (metrics === undefined) return undefined;
  const monitoring = await (await import("./monitoring.ts")).Monitoring.start(metrics, options);
  events.metrics(monitoring.endpoint);
  return monitoring;
}

function prioritize(wanted: number | undefined, log: Logger): void {
  if (wanted === undefined || setPriority(wanted)) return;
  log.warn(
    `priority ${wanted} needs root or CAP_SYS_NICE, so it stays ${priority()}; start the aggregator with one of them`,
  );
}
