import { type Command, InvalidArgumentError, Option } from "commander";
import { AGGREGATOR_DEFAULTS, type AggregatorOptions } from "../../aggregator/create-aggregator.ts";
import { type OutputOptionNames, refuseContradictions } from "../../aggregator/output-contradictions.ts";
import { SYNC_INTERVAL_MS_DEFAULT } from "../../core/limits.ts";
import { parseDuration } from "../../core/units.ts";
import type { Durability } from "../../sink/durability.ts";
import type { RotationPlan } from "../../sink/rotation.ts";
import {
  durationValue,
  modeValue,
  positiveCountValue,
  positiveDurationValue,
  positiveSizeValue,
} from "../option-values.ts";

/** Options about the output file, as commander leaves them. */
export interface OutputOptions {
  readonly output: string;
  readonly mode: number;
  readonly durability: Durability;
  readonly rotateSize?: number;
  readonly rotateInterval?: number;
  readonly rotateKeep?: number;
  readonly rotateTotal?: number;
  readonly keepFree?: number;
  readonly rotateCompress?: "gzip";
  readonly keepUnforwarded?: boolean;
  readonly hold?: number;
  readonly onFull: "wait" | "exit";
}

/** Adds the options about the output file and its rotation. */
export function addOutputOptions(command: Command): Command {
  return command
    .optionsGroup("Output:")
    .option("-o, --output <file>", "the file lines are appended to; - is stdout", "aggregated_logs.jsonl")
    .addOption(
      new Option("--mode <octal>", "permissions of a new file")
        .argParser(modeValue)
        .default(AGGREGATOR_DEFAULTS.mode, "0600"),
    )
    .addOption(
      new Option("--durability <when>", "sync the file: none, interval[=duration], or ack (before acknowledging)")
        .argParser(durabilityValue)
        .default(AGGREGATOR_DEFAULTS.durability, "interval=1s"),
    )
    .addOption(
      new Option("--on-full <what>", "when the file refuses lines: let senders wait, or exit")
        .choices(["wait", "exit"])
        .default(AGGREGATOR_DEFAULTS.onFull),
    )
    .optionsGroup("Rotation:")
    .option("--rotate-size <size>", "begin a new file when this one reaches the size", positiveSizeValue)
    .option("--rotate-interval <duration>", "begin a new file when this one is that old", positiveDurationValue)
    .option("--rotate-keep <n>", "rotated files to keep; older ones are removed (default: all)", positiveCountValue)
    .option("--rotate-total <size>", "bytes of rotated files to keep; older ones are removed", positiveSizeValue)
    .option(
      "--keep-free <size>",
      "remove the oldest rotated files while the disk has less free space",
      positiveSizeValue,
    )
    .addOption(new Option("--rotate-compress <how>", "compress rotated files").choices(["gzip"]))
    .option(
      "--keep-unforwarded",
      "keep rotated files until they are forwarded (default: if a forwarder's checkpoint is beside the file)",
    )
    .option("--no-keep-unforwarded", "don't")
    .option("--hold <duration>", "how long to keep them after that (default: 10m)", durationValue);
}

/**
 * What a command's options say about the output, for createAggregator().
 *
 * @throws OperationalError USAGE when they contradict each other
 */
export function outputSettings(command: Command): OutputSettings {
  const options = command.opts<OutputOptions>();
  // A default is what a file gets; standard output can have neither.
  const given = <Name extends "mode" | "durability">(name: Name): OutputOptions[Name] | undefined =>
    command.getOptionValueSource(name) === "default" ? undefined : options[name];
  const rotation: RotationPlan = {
    bytesMax: options.rotateSize,
    intervalMs: options.rotateInterval,
    keep: options.rotateKeep,
    totalBytesMax: options.rotateTotal,
    freeBytesMin: options.keepFree,
    compress: options.rotateCompress === "gzip",
    keepUnforwarded: options.keepUnforwarded,
    holdMs: options.hold,
  };
  const settings = { output: options.output, mode: given("mode"), durability: given("durability"), rotation };
  refuseContradictions(settings, FLAGS);
  return { ...settings, onFull: options.onFull };
}

type OutputSettings = Pick<AggregatorOptions, "output" | "mode" | "durability" | "rotation" | "onFull">;

const FLAGS: OutputOptionNames = {
  output: "--output",
  mode: "--mode",
  durability: "--durability",
  bytesMax: "--rotate-size",
  intervalMs: "--rotate-interval",
  keep: "--rotate-keep",
  totalBytesMax: "--rotate-total",
  freeBytesMin: "--keep-free",
  compress: "--rotate-compress",
  keepUnforwarded: "--keep-unforwarded",
  holdMs: "--hold",
};

function durabilityValue(text: string): Durability {
  const [mode, duration] = text.split("=", 2);
  if (mode === "none" && duration === undefined) return { mode };
  if (mode === "ack" && duration === undefined) return { mode };
  const intervalMs = duration === undefined ? SYNC_INTERVAL_MS_DEFAULT : parseDuration(duration);
  if (mode === "interval" && intervalMs) return { mode, intervalMs };
  throw new InvalidArgumentError("Write none, interval, interval=500ms or ack.");
}
