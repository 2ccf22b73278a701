import { hostname } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import { OperationalError } from "../../core/errors.ts";
import { type CredentialFiles, readCredentials } from "../../forwarder/credentials.ts";
import type { Credentials, EnginePlan, EngineSettings, StreamPlan } from "../../forwarder/engines/engine-kind.ts";
import { engineOptions, planEngine } from "../../forwarder/engines/engines.ts";
import type { Compression } from "../../forwarder/engines/packing.ts";
import { ANSWER_MS_DEFAULT, SERVICE_DEFAULT } from "../../forwarder/limits.ts";
import { positiveCountValue, positiveDurationValue, positiveSizeValue } from "../option-values.ts";
import type { CommonOptions } from "../run.ts";

/** What says where lines go, the same for every command that goes there. */
export interface TargetOptions extends CommonOptions, CredentialFiles {
  readonly to: string;
  readonly stream?: string;
  readonly subject?: string;
  readonly host?: string;
  readonly exclusiveStream?: true;
  readonly createStream?: true;
  readonly replicas?: number;
  readonly maxAge?: number;
  readonly maxBytes?: number;
  /** Only of a command that forwards. */
  readonly compress?: Compression;
  readonly service: string;
  readonly timeout: number;
}

/** Options that say how a stream is created. */
const CREATING = { replicas: "--replicas", maxAge: "--max-age", maxBytes: "--max-bytes" } as const;

export function addTargetOptions(command: Command, syntax: string): Command {
  command
    .optionsGroup("Where to:")
    .addOption(new Option("--to <url>", syntax).makeOptionMandatory())
    .option("--stream <name>", "nats: the stream")
    .option("--subject <subject>", "nats: the subject, with {host} for the host (default: logs.{host})")
    .addOption(new Option("--host <name>", "this machine's name in what is sent (default: its host name)"))
    .option("--exclusive-stream", "nats: this forwarder is the stream's only writer, so ids aren't needed")
    .option("--create-stream", "nats: create the stream if it doesn't exist")
    .addOption(
      new Option("--replicas <n>", "with --create-stream: servers that store it (default: 1)").argParser(replicasValue),
    )
    .addOption(
      new Option("--max-age <duration>", "with --create-stream: remove older messages").argParser(
        positiveDurationValue,
      ),
    )
    .addOption(
      new Option("--max-bytes <size>", "with --create-stream: remove the oldest messages above this").argParser(
        positiveSizeValue,
      ),
    );
  command
    .addOption(new Option("--service <name>", "otlp: the service whose lines these are").default(SERVICE_DEFAULT))
    .addOption(
      new Option("--timeout <duration>", "otlp: how long the answer to a request may take")
        .argParser(positiveDurationValue)
        .default(ANSWER_MS_DEFAULT, "10s"),
    );
  return addCredentialOptions(command).option("--headers-file <file>", "otlp: HTTP headers, one line each");
}

/** Options that say who connects, the same for every command that does. */
export function addCredentialOptions(command: Command): Command {
  return command
    .optionsGroup("Who connects:")
    .option("--user-file <file>", "nats: user:password, on one line")
    .option("--creds <file>", "nats: a user's JWT and seed, as nsc writes them")
    .option("--nkey <file>", "nats: the seed of an nkey")
    .option("--tls-ca <file>", "certificate of the authority that is trusted")
    .option("--tls-cert <file>", "certificate of this client")
    .option("--tls-key <file>", "key of this client");
}

/**
 * How lines go where `--to` says.
 *
 * @param command whose options these are
 * @throws OperationalError USAGE, ADDRESS_INVALID, INPUT_UNREADABLE, PERMISSION_DENIED
 */
export function planTarget(options: TargetOptions, command: Command): EnginePlan {
  const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === "cli");
  const taken = engineOptions(
    options.to,
    given.map(({ long }) => long ?? ""),
  );
  return planEngine(options.to, engineSettings(options, taken));
}

/** @param taken what the engine takes of the options that say who connects */
export function credentialsIn(files: CredentialFiles, taken: readonly string[]): Credentials {
  return readCredentials(files, { environment: process.env, options: taken });
}

function engineSettings(options: TargetOptions, taken: readonly string[]): EngineSettings {
  const { stream, subject, host = hostname() } = options;
  if (host === "" || host.length > 255 || /\p{Cc}/u.test(host)) throw usage("--host must have 1 to 255 characters");
  return {
    host,
    stream,
    subject,
    isExclusive: options.exclusiveStream === true,
    createStream: streamPlan(options),
    credentials: credentialsIn(options, taken),
    compression: options.compress,
    service: options.service,
    timeoutMs: options.timeout,
    output: process.stdout,
  };
}

function streamPlan(options: TargetOptions): StreamPlan | undefined {
  const { replicas = 1, maxAge = 0, maxBytes = -1 } = options;
  if (options.createStream === true) return { replicas, maxAgeMs: maxAge, maxBytes };
  for (const [name, flag] of Object.entries(CREATING)) {
    if (options[name as keyof typeof CREATING] !== undefined) throw usage(`${flag} needs --create-stream`);
  }
  return undefined;
}

/** As many as nats-server supports. */
function replicasValue(text: string): number {
  const replicas = positiveCountValue(text);
  if (replicas <= 5) return replicas;
  throw new InvalidArgumentError("Write a number from 1 to 5.");
}

function usage(message: string): OperationalError {
  return new OperationalError("USAGE", message);
}
