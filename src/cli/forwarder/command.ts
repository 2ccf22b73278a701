import type { Command } from "commander";
import { OperationalError } from "../../core/errors.ts";
import { Backoff } from "../../forwarder/backoff.ts";
import { ENGINE_SYNTAX } from "../../forwarder/engines/engines.ts";
import type { ForwarderEvents } from "../../forwarder/events.ts";
import { Forwarder, STOP_MS_MAX } from "../../forwarder/forwarder.ts";
import { keepYoungGenerationSmall } from "../../os/young-generation.ts";
import { openDiagnostics } from "../diagnostics.ts";
import { announcer } from "../events.ts";
import { LiveLine } from "../live-line.ts";
import { createCommand, EXIT, run } from "../run.ts";
import { stopSignal } from "../stop-signal.ts";
import { Supervision } from "../supervision.ts";
import { TerminalWatch } from "../terminal-watch.ts";
import { auditCommand } from "./audit.ts";
import { checkCommand } from "./check.ts";
import { type Lag, LagLine } from "./lag-line.ts";
import type { Monitoring } from "./monitoring.ts";
import { addForwarderOptions, type ForwarderCommandOptions, windowBlocks } from "./options.ts";
import { type ForwarderCommandEvents, presenters } from "./presenters.ts";
import { readCommand } from "./read.ts";
import { statusCommand } from "./status.ts";
import { supervisedEvents } from "./supervised-events.ts";
import { planTarget } from "./target-options.ts";

const EXAMPLES = `
Examples:
  $ forwarder app.jsonl --to nats://h1:4222,h2:4222 --stream LOGS     follow the file and its rotated files
  $ forwarder app.jsonl --to nats://h1 --stream LOGS --create-stream --replicas 3 --max-age 7d
  $ forwarder app.jsonl --to nats://h1 --stream LOGS --once           forward what is there, and end
  $ forwarder app.jsonl --to stdout --once                            show what would be sent
  $ forwarder check app.jsonl --to nats://h1 --stream LOGS            what could prevent it: check --help
  $ forwarder status app.jsonl                                        how far it is: status --help
  $ forwarder read nats://h1:4222 --stream LOGS --follow              print the lines of a stream: read --help
  $ forwarder audit nats://h1:4222 --stream LOGS                      look for gaps and overlaps: audit --help

The position is kept in <file>.checkpoint. On SIGTERM, what the files have is forwarded for up to ${STOP_MS_MAX / 1000} s.
Exit: 0 all forwarded (also upon SIGINT and SIGTERM), 1 failed, 2 wrong usage, 3 some lines can't be forwarded, 4 stopped
with a backlog, 5 refused by the engine.`;

/** Their names come first. A file with one of them is forwarded as `./read`. */
const COMMANDS: ReadonlyMap<string, () => Command> = new Map([
  ["check", checkCommand],
  ["status", statusCommand],
  ["read", readCommand],
  ["audit", auditCommand],
]);

/** The forwarder command: argv in, exit code out. */
export async function main(): Promise<void> {
  const [first = "", ...rest] = process.argv.slice(2);
  const own = COMMANDS.get(first);
  if (own !== undefined) return run(own(), rest);
  const command = createCommand("forwarder", "Forward a log file and its rotated files to a distributed engine.")
    .usage(
      "[options] <file>\n       forwarder check|status [options] <file>\n       forwarder read|audit [options] <url>",
    )
    .argument("<file>", "the log file, as written by the aggregator")
    .addHelpText("after", EXAMPLES)
    .action(forward);
  await run(addForwarderOptions(command, ENGINE_SYNTAX));
}

async function forward(path: string, options: ForwarderCommandOptions, command: Command): Promise<void> {
  // The client copies each block into memory of its own. With 1 GB to forward, this keeps RSS at 104 MB instead of 132.
  // Single lines are small, and so many that their objects would outlive collections of a small young generation.
  if (options.unit === "block") keepYoungGenerationSmall();
  const plan = planTarget(options, command);
  const supervision = new Supervision(process.env);
  const watch = new TerminalWatch();
  const liveLine = new LiveLine(process.stderr);
  const isLogForPeople = process.stderr.isTTY === true && options.json !== true;
  const log = await openDiagnostics({
    name: "forwarder",
    level: options.logLevel,
    terminal: isLogForPeople,
    color: options.color,
    liveLine,
    failed: watch.look,
  });
  // A dry run writes the lines to stdout.
  const stream = plan.isRemembered ? process.stdout : process.stderr;
  const isForPeople = stream.isTTY === true && options.json !== true;
  const events = announcer(presenters, { stream, isForPeople, log, isLogForPeople, liveLine });
  const stop = new AbortController();
  void stopSignal(watch.lost).then(() => {
    supervision.stopping();
    stop.abort();
  });
  const startedMs = performance.now();
  const changes = { files: 0 };
  const readLag = (): Lag => ({ ...forwarder.tally, backlogBytes: lagOf(forwarder) });
  await using monitoring = await monitor(options, events);
  const forwarder = new Forwarder({
    path,
    engine: monitoring?.engine(plan.connect) ?? plan.connect,
    target: plan.target,
    isRemembered: plan.isRemembered,
    isOnce: options.once === true,
    blockBytes: options.block,
    unit: options.unit,
    lingerMs: options.linger,
    window: { blocks: windowBlocks(options), bytes: options.maxInflightBytes },
    backoff: new Backoff(),
    events: counting(supervisedEvents(monitoring?.watch(events) ?? events, supervision, readLag), changes),
    stop: stop.signal,
  });
  monitoring?.begin(forwarder);
  const { tally } = forwarder;
  const line = options.status ? new LagLine(liveLine, readLag) : undefined;
  try {
    const forwarding = await forwarder.run();
    line?.close();
    const seconds = (performance.now() - startedMs) / 1000;
    events.done({ ...forwarding, target: plan.target, changedFiles: changes.files, seconds });
    if (forwarding.backlogBytes !== 0) process.exitCode = EXIT.backlog;
    else if (tally.rejected + tally.unnamed + changes.files > 0) process.exitCode = EXIT.linesLost;
  } finally {
    line?.close();
  }
}

/** Loaded only with --metrics: it would add to every start. */
async function monitor(
  { metrics }: ForwarderCommandOptions,
  events: ForwarderCommandEvents,
): Promise<Monitoring | undefined> {
  if (metrics === undefined) return undefined;
  const monitoring = await (await import("./monitoring.ts")).Monitoring.start(metrics);
  events.metrics(monitoring.endpoint);
  return monitoring;
}

/** The same events, of which those about lost content are counted. */
function counting(events: ForwarderEvents, changes: { files: number }): ForwarderEvents {
  return {
    ...events,
    changed: (change, at) => {
      if (change !== "copied") changes.files++;
      events.changed(change, at);
    },
  };
}

/** A folder that can't be read ends the forwarder soon; until then its lag isn't known. */
function lagOf(forwarder: Forwarder): number | null {
  try {
    return forwarder.backlogBytes;
  } catch (error) {
    if (error instanceof OperationalError) return null;
    throw error;
  }
}
