import { type Command, InvalidArgumentError, Option } from "commander";
import { COMPRESSIONS } from "../../forwarder/engines/packing.ts";
import {
  BLOCK_BYTES_DEFAULT,
  BLOCK_BYTES_MAX,
  IN_FLIGHT_BYTES_DEFAULT,
  LINGER_MS_DEFAULT,
  WINDOW_BLOCKS_DEFAULT,
  WINDOW_BLOCKS_MAX,
} from "../../forwarder/limits.ts";
import { UNITS, type Unit } from "../../forwarder/planner.ts";
import { type MetricsOptions, metricsOption } from "../metrics-option.ts";
import { positiveCountValue, positiveDurationValue, positiveSizeValue } from "../option-values.ts";
import { addTargetOptions, type TargetOptions } from "./target-options.ts";

export interface ForwarderCommandOptions extends TargetOptions, MetricsOptions {
  readonly block: number;
  readonly linger: number;
  readonly unit: Unit;
  readonly window?: number;
  readonly maxInflightBytes: number;
  readonly once?: true;
  readonly status: boolean;
  readonly json?: true;
}

/** Options of the commands that forward, or check whether that is possible. */
export function addForwarderOptions(command: Command, syntax: string): Command {
  return addTargetOptions(command, syntax)
    .optionsGroup("Sending:")
    .addOption(
      new Option("--block <size>", "bytes of whole lines sent as one message")
        .argParser(blockValue)
        .default(BLOCK_BYTES_DEFAULT, "64KiB"),
    )
    .addOption(new Option("--compress <how>", "nats: compress messages").choices(COMPRESSIONS))
    .addOption(new Option("--unit <unit>", "what is one message").choices(UNITS).default(UNITS[0]))
    .addOption(
      new Option("--linger <duration>", "how long lines wait for others")
        .argParser(positiveDurationValue)
        .default(LINGER_MS_DEFAULT, `${LINGER_MS_DEFAULT}ms`),
    )
    .addOption(
      new Option(
        "--window <n>",
        `messages that may be unacknowledged (default: ${WINDOW_BLOCKS_DEFAULT}, of lines ${WINDOW_BLOCKS_MAX})`,
      ).argParser(windowValue),
    )
    .addOption(
      new Option("--max-inflight-bytes <size>", "bytes that may be unacknowledged")
        .argParser(positiveSizeValue)
        .default(IN_FLIGHT_BYTES_DEFAULT, "16MiB"),
    )
    .option("--once", "forward what is there, and end")
    .optionsGroup("Reports:")
    .addOption(metricsOption())
    .option("--no-status", "no live status line on a terminal")
    .option("--json", "print JSON on a terminal, too");
}

/** Messages that may be unacknowledged. */
export function windowBlocks({ window, unit }: Pick<ForwarderCommandOptions, "window" | "unit">): number {
  return window ?? (unit === "line" ? WINDOW_BLOCKS_MAX : WINDOW_BLOCKS_DEFAULT);
}

function blockValue(text: string): number {
  const bytes = positiveSizeValue(text);
  if (bytes <= BLOCK_BYTES_MAX) return bytes;
  throw new InvalidArgumentError(`Write at most ${BLOCK_BYTES_MAX / 1024 / 1024}MiB.`);
}

function windowValue(text: string): number {
  const blocks = positiveCountValue(text);
  if (blocks <= WINDOW_BLOCKS_MAX) return blocks;
  throw new InvalidArgumentError(`Write at most ${WINDOW_BLOCKS_MAX}.`);
}
