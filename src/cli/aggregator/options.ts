import { type Command, Option } from "commander";
import { AGGREGATOR_DEFAULTS, type AggregatorOptions } from "../../aggregator/create-aggregator.ts";
import { OperationalError } from "../../core/errors.ts";
import type { LineCheck } from "../../records/line-checker.ts";
import { type MetricsOptions, metricsOption } from "../metrics-option.ts";
import {
  listValue,
  modeValue,
  niceValue,
  positiveCountValue,
  positiveDurationValue,
  positiveSizeValue,
  rateValue,
} from "../option-values.ts";
import type { CommonOptions } from "../run.ts";
import { type OutputOptions, outputSettings } from "./output-options.ts";

/** All options of the aggregator, as commander leaves them. */
export interface AggregatorCommandOptions extends CommonOptions, OutputOptions, MetricsOptions {
  readonly check: LineCheck;
  readonly maxLine: number;
  readonly queueBytes: number;
  readonly receiveBuffer: number;
  readonly socketMode?: number;
  readonly socketOwner?: string;
  readonly socketGroup?: string;
  readonly allowUid?: readonly string[];
  readonly allowGid?: readonly string[];
  readonly maxConnectionsPerSender?: number;
  readonly rateLimit?: number;
  readonly trustedFields?: true;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly insecure?: true;
  readonly latency: "balanced" | "low";
  readonly priority?: number;
  readonly status: boolean;
  readonly json?: true;
  readonly statsInterval?: number;
}

/** Adds the options that are not about the output. */
export function addRunningOptions(command: Command): Command {
  command
    .optionsGroup("Lines:")
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
    .optionsGroup("Senders:")
    .option("--socket-mode <octal>", "permissions of sockets and FIFOs (default: 0600; 0660 with a group)", modeValue)
    .option("--socket-owner <user>", "owner of sockets and FIFOs, a name or a number")
    .option("--socket-group <group>", "their group: its members may send")
    .option("--allow-uid <users>", "unixsock, unixgram: users that may send, a list; may be repeated", listValue)
    .option("--allow-gid <groups>", "the same for groups; a sender needs one of these users or groups", listValue)
    .option(
      "--max-connections-per-sender <n>",
      "most connections of one user (unixsock) or one host (tcp)",
      positiveCountValue,
    )
    .option("--rate-limit <lines/s>", "most lines per second of one user or host, such as 10000/s", rateValue)
    .option("--trusted-fields", "add _trusted to each record: who sent it, as the kernel says, and when it arrived");
  return addNetworkOptions(command)
    .optionsGroup("Resources:")
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
    .optionsGroup("Reports:")
    .option(
      "--stats-interval <duration>",
      "print the ledger at this interval (SIGUSR2: once, now)",
      positiveDurationValue,
    )
    .addOption(metricsOption())
    .option("--no-status", "no live status line on a terminal")
    .option("--json", "print JSON on a terminal, too");
}

function addNetworkOptions(command: Command): Command {
  return command
    .optionsGroup("Network (tcp):")
    .option("--tls-cert <file>", "speak TLS 1.3, with this certificate (PEM); SIGHUP reads it again")
    .option("--tls-key <file>", "its key, which only its owner may be able to read")
    .option("--tls-ca <file>", "authorities: each sender must show a certificate of one of them")
    .option("--insecure", "let other machines reach tcp without TLS");
}

/** @throws OperationalError USAGE when options contradict each other */
export function aggregatorOptions(command: Command): AggregatorOptions {
  const options = command.opts<AggregatorCommandOptions>();
  return {
    ...outputSettings(command),
    listen: command.args,
    environment: process.env,
    check: options.check,
    lineBytesMax: options.maxLine,
    queueBytesMax: options.queueBytes,
    receiveBufferBytes: options.receiveBuffer,
    senders: {
      allowUids: options.allowUid,
      allowGids: options.allowGid,
      connectionsMax: options.maxConnectionsPerSender,
      linesPerSecondMax: options.rateLimit,
      trustedFields: options.trustedFields,
    },
    tls: tlsOptions(options),
    insecure: options.insecure,
    socket: { mode: options.socketMode, owner: options.socketOwner, group: options.socketGroup },
    latency: options.latency,
  };
}

function tlsOptions({ tlsCert: cert, tlsKey: key, tlsCa: ca }: AggregatorCommandOptions): AggregatorOptions["tls"] {
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key, ca };
  throw new OperationalError("USAGE", "TLS needs a certificate and its key; pass --tls-cert and --tls-key");
}

function sizeOption(flags: string, description: string, bytes: number): Option {
  return new Option(flags, description).argParser(positiveSizeValue).default(bytes, `${bytes / 1024 / 1024}MiB`);
}
