import { type Command, Option } from "commander";
import { AGGREGATOR_DEFAULTS, type AggregatorOptions } from "../../aggregator/create-aggregator.ts";
import type { LineCheck } from "../../records/line-checker.ts";
import { modeValue, niceValue, positiveDurationValue, positiveSizeValue } from "../option-values.ts";
import type { CommonOptions } from "../run.ts";
import { type OutputOptions, outputSettings } from "./output-options.ts";

/** All options of the aggregator, as commander leaves them. */
export interface AggregatorCommandOptions extends CommonOptions, OutputOptions {
  readonly check: LineCheck;
  readonly maxLine: number;
  readonly queueBytes: number;
  readonly receiveBuffer: number;
  readonly socketMode?: number;
  readonly socketOwner?: string;
  readonly socketGroup?: string;
  readonly latency: "balanced" | "low";
  readonly priority?: number;
  readonly status: boolean;
  readonly json?: true;
  readonly statsInterval?: number;
}

/** Adds the options that are not about the output. */
export function addRunningOptions(command: Command): Command {
  return command
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
    .option("--no-status", "no live status line on a terminal")
    .option("--json", "print JSON on a terminal, too");
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
    socket: { mode: options.socketMode, owner: options.socketOwner, group: options.socketGroup },
    latency: options.latency,
  };
}

function sizeOption(flags: string, description: string, bytes: number): Option {
  return new Option(flags, description).argParser(positiveSizeValue).default(bytes, `${bytes / 1024 / 1024}MiB`);
}
