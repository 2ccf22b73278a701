import { OperationalError } from "../../core/errors.ts";
import { TRANSPORT_NAMES } from "../../core/transport-name.ts";
import { orList } from "../../core/word-list.ts";
import { hasUnreadInput } from "../../os/unread-input.ts";
import type { GeneratedLines } from "../../producer/generated-lines.ts";
import { type Production, produce, type RelayedLines } from "../../producer/producer.ts";
import { newRunName } from "../../producer/run-name.ts";
import { senderCertificates } from "../../producer/sender-tls.ts";
import { sendingEndpoint } from "../../producer/sending-endpoint.ts";
import { openDiagnostics } from "../diagnostics.ts";
import { announcer } from "../events.ts";
import { LiveLine } from "../live-line.ts";
import { createCommand, EXIT, run } from "../run.ts";
import { stopSignal } from "../stop-signal.ts";
import { TerminalWatch } from "../terminal-watch.ts";
import { transportList } from "../transport-list.ts";
import { Hold } from "./hold.ts";
import {
  addProducerOptions,
  generatedLines,
  isMade,
  lineBytesMax,
  type ProducerOptions,
  refuseConflicts,
  tlsOptions,
} from "./options.ts";
import { presenters } from "./presenters.ts";
import { goalOf, ProgressLine } from "./progress-line.ts";
import { ShippedProgram } from "./shipped-program.ts";

const EXAMPLES = `
Examples:
  $ producer unixsock                              50 lines, one every 100 ms, to "aggregator unixsock"
  $ producer tcp=127.0.0.1:9000 1000 -n 5 -i 1s    5 lines of 1000 letters, one a second
  $ producer unixgram --rate max -n 1000000        a million lines as fast as they leave
  $ producer udp --rate 5000 -d 10s                5000 lines a second for ten seconds
  $ producer unixsock --ack -n 1000 -i 1ms         resend lines until the aggregator acknowledges them
  $ tail -f app.log | producer fifo --stdin        ship the lines of another program
  $ producer unixsock -- npm start                 run a program and ship what it writes
  $ producer unixsock --tee -- npm start           and show it here, too

The last line on stdout is a JSON object, or on a terminal a sentence: lines sent, lines not sent and why, late ticks,
seconds. udp can't know before it sends whether an aggregator listens; refused lines are counted. A command after -- is
started once an aggregator is reached, and signals are forwarded to it.
Exit: 0 done (also upon SIGINT and SIGTERM), 1 failed, 2 wrong usage, 3 some lines were not sent. After --: the status
of the command, unless that is 0 and lines were not sent.`;

/** The producer command: argv in, exit code out. */
export async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const dashes = args.indexOf("--");
  const program = dashes < 0 ? undefined : args.slice(dashes + 1);
  const command = createCommand("producer", "Send log lines to an aggregator.")
    .usage("[options] <transport[=address]> [size] [-- command...]")
    // Optional for the parser, so that the answer to none can be more helpful than its own.
    .argument("[transport[=address]]", orList(TRANSPORT_NAMES))
    .argument("[size]", "letters in each message (default: 100)")
    .addHelpText("after", EXAMPLES);
  command.action((transport: string | undefined, size: string | undefined, options: ProducerOptions) => {
    if (transport === undefined) return command.error(transportList("producer", "name the transport to send over"));
    const source = command.getOptionValueSource("id") === "default" ? undefined : options.id;
    return ship({ transport, size, options, program, source });
  });
  await run(addProducerOptions(command, String(process.pid)), dashes < 0 ? args : args.slice(0, dashes));
}

/** The arguments of the command. */
interface Arguments {
  readonly transport: string;
  readonly size: string | undefined;
  readonly options: ProducerOptions;
  /** What follows `--`. */
  readonly program: readonly string[] | undefined;
  /** What was given as `--id`. */
  readonly source: string | undefined;
}

async function ship({ transport, size, options, program, source }: Arguments): Promise<void> {
  const relays = program !== undefined ? "a command after --" : options.stdin ? "--stdin" : undefined;
  if (program !== undefined && options.stdin) throw usage("--stdin and a command after -- are two inputs; omit one");
  refuseConflicts(options, size, relays);
  const shipped = program === undefined ? undefined : shippedProgram(program, source, options);
  const endpoint = sendingEndpoint(transport, process.env);
  const tls = senderCertificates(tlsOptions(options), endpoint);
  const watch = new TerminalWatch();
  const liveLine = new LiveLine(process.stderr);
  const isLogForPeople = process.stderr.isTTY === true && options.json !== true;
  const log = await openDiagnostics({
    name: "producer",
    level: options.logLevel,
    terminal: isLogForPeople,
    color: options.color,
    liveLine,
    failed: watch.look,
  });
  const stream = options.tee === true ? process.stderr : process.stdout;
  const isForPeople = stream.isTTY === true && options.json !== true;
  const output = { stream, isForPeople, log, isLogForPeople, liveLine };
  const events = announcer(presenters(lineBytesMax(options)), output);
  const runName = newRunName();
  const lines = relays === undefined ? generatedLines(options, size, runName) : relayedLines(options, shipped);
  const stop = shipped?.stop ?? stopOnSignal(watch);
  const acknowledgedAs = options.ack === true ? { producer: options.id, run: runName } : undefined;
  const overlooksInput = (): boolean => relays === undefined && !isMade(options, size) && hasUnreadInput();
  const isWarned = overlooksInput();
  if (isWarned) events.unreadInput();
  const hold = options.hold === true ? new Hold(process.stdin, { ready: () => events.ready(), stop }) : undefined;
  // A command, and a person who types lines, need the terminal for themselves.
  const hasTerminal = liveLine.isPossible && program === undefined && !(options.stdin && process.stdin.isTTY === true);
  const progress = hasTerminal && options.status ? new ProgressLine(liveLine, goalOf(lines)) : undefined;
  const production = await produce({
    endpoint,
    lines,
    waitMs: options.wait,
    acknowledgedAs,
    tls,
    // Lines without an end of their own must not outlive the program that started this one.
    stop: hold !== undefined && isEndless(lines) ? AbortSignal.any([stop, hold.over]) : stop,
    events: { ...events, shipping: (tally) => progress?.begin(tally) },
    begin: hold && (() => hold.begin()),
  });
  progress?.close();
  // Its writer may have begun only meanwhile.
  if (!isWarned && overlooksInput()) events.unreadInput();
  const numbered = relays === undefined && options.plain !== true;
  shipped?.endLine();
  events.done(production, { producer: options.id, run: runName, numbered });
  await hold?.ended();
  process.exitCode = (await shipped?.exitStatus()) || (linesNotSent(production) > 0 ? EXIT.linesLost : EXIT.done);
  if (production.failure !== undefined) throw production.failure;
}

function isEndless(lines: GeneratedLines | RelayedLines): boolean {
  return "linesMax" in lines && Math.min(lines.linesMax, lines.durationMs) === Number.POSITIVE_INFINITY;
}

function linesNotSent({ unsent }: Production): number {
  return Object.values(unsent).reduce((sum, lines) => sum + lines, 0);
}

function relayedLines(options: ProducerOptions, program: ShippedProgram | undefined): RelayedLines {
  const inputs = program === undefined ? async () => [{ stream: process.stdin }] : () => program.start();
  return { inputs, lineBytesMax: lineBytesMax(options) };
}

function shippedProgram(
  [command, ...args]: readonly string[],
  source: string | undefined,
  options: ProducerOptions,
): ShippedProgram {
  // An unset variable: producer unixsock -- "$COMMAND"
  if (command === undefined || command === "") {
    throw usage("no command follows --; write one, as in: producer unixsock -- npm start");
  }
  return new ShippedProgram({ command, args, source, isPassedOn: options.tee === true });
}

function stopOnSignal({ lost }: TerminalWatch): AbortSignal {
  const stop = new AbortController();
  void stopSignal(lost).then(() => stop.abort());
  return stop.signal;
}

function usage(message: string): OperationalError {
  return new OperationalError("USAGE", message);
}
