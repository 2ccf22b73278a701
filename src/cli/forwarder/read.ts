import { type Command, InvalidArgumentError, Option } from "commander";
import type { Logger } from "pino";
import { parseDuration } from "../../core/units.ts";
import type { CredentialFiles } from "../../forwarder/credentials.ts";
import { jetstream, serversOf, streamOf } from "../../forwarder/engines/jetstream/index.ts";
import { StreamReader } from "../../forwarder/engines/jetstream/reader.ts";
import { openDiagnostics } from "../diagnostics.ts";
import { type CommonOptions, createCommand, EXIT } from "../run.ts";
import { stopSignal } from "../stop-signal.ts";
import { addCredentialOptions, credentialsIn } from "./target-options.ts";

const EXAMPLES = `
Examples:
  $ forwarder read nats://h1:4222 --stream LOGS > all.jsonl           all lines that are in the stream now
  $ forwarder read nats://h1:4222 --stream LOGS --follow --since 10m  of the last ten minutes, and all that come
  $ forwarder read nats://h1:4222 --stream LOGS --host web1           of one host

Exit: 0 done (also upon SIGINT and SIGTERM), 1 failed, 2 wrong usage, 3 some blocks are damaged, 5 refused by the server.`;

/** What says which blocks of a stream are read. */
export interface ReadingOptions extends CommonOptions, CredentialFiles {
  readonly stream?: string;
  readonly host?: string;
  readonly since?: Date;
  readonly follow?: true;
}

/** The command `forwarder read`. */
export function readCommand(): Command {
  const command = createCommand("forwarder", "Print the lines of a stream that forwarders have filled.")
    .usage("read [options] <url>")
    .argument("<url>", "nats://host:4222[,host:4222...]")
    .addHelpText("after", EXAMPLES)
    .optionsGroup("What to read:")
    .option("--stream <name>", "the stream")
    .option("--host <name>", "only what this host has sent")
    .addOption(new Option("--since <when>", "stored since this time, or for this duration").argParser(sinceValue))
    .option("--follow", "wait for more at the end of the stream");
  return addCredentialOptions(command).action(read);
}

/** A reader of a stream. @throws OperationalError USAGE, ADDRESS_INVALID, INPUT_UNREADABLE, PERMISSION_DENIED */
export function openReader(
  url: string,
  options: ReadingOptions,
  run: { log: Logger; stop: AbortSignal },
): StreamReader {
  const { host, since, follow } = options;
  return new StreamReader({
    servers: serversOf(url),
    stream: streamOf({ stream: options.stream }),
    credentials: credentialsIn(options, jetstream.options),
    host,
    since,
    isFollowing: follow === true,
    stop: run.stop,
    waiting: (reason) => run.log.warn(`${reason}; trying again`),
  });
}

async function read(url: string, options: ReadingOptions): Promise<void> {
  const { logLevel: level, color } = options;
  const log = await openDiagnostics({ name: "forwarder", level, terminal: process.stderr.isTTY === true, color });
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  const reader = openReader(url, options, { log, stop: stop.signal });
  for await (const { bytes } of reader.read()) if (!(await isWritten(bytes))) break;
  const { damaged, foreign, removed } = reader.tally;
  if (foreign > 0) log.info({ foreign }, `${foreign} messages of other programs are left out`);
  if (removed > 0) log.warn({ removed }, `${removed} messages were no longer in the stream when they were to be read`);
  if (damaged === 0) return;
  log.error({ damaged }, `${damaged} blocks are not as they were sent: their bytes are others, or can't be unpacked`);
  process.exitCode = EXIT.linesLost;
}

/** @returns false when the reader of stdout is gone, which ends the command and is no error */
function isWritten(bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdout.write(bytes, (error) => resolve(error == null));
  });
}

function sinceValue(text: string): Date {
  const ms = parseDuration(text);
  const date = ms === undefined ? new Date(text) : new Date(Date.now() - ms);
  if (!Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError("Write a duration such as 10m, or a time such as 2026-11-26T08:00:00Z.");
}
