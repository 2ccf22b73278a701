import { type Command, InvalidArgumentError, Option } from "commander";
import {
  BLOCK_BYTES_DEFAULT,
  BLOCK_BYTES_MAX,
  IN_FLIGHT_BYTES_DEFAULT,
  LINGER_MS_DEFAULT,
  WINDOW_BLOCKS_DEFAULT,
  WINDOW_BLOCKS_MAX,
} from "../../forwarder/limits.ts";
import { positiveCountValue, positiveDurationValue, positiveSizeValue } from "../option-values.ts";
import { addTargetOptions, type TargetOptions } from "./target-options.ts";

export interface ForwarderCommandOptions extends TargetOptions {
  readonly block: number;
  readonly linger: number;
  readonly window: number;
  readonly maxInflightBytes: number;
  readonly once?: true;
  readonly status: boolean;
  readonly json?: true;
}

export function addForwarderOptions(command: Command, syntax: string): Command {
  return addBlockOption(addTargetOptions(command, syntax).optionsGroup("Sending:"))
    .addOption(
      new Option("--linger <duration>", "how long lines wait for others")
        .argParser(positiveDurationValue)
        .default(LINGER_MS_DEFAULT, `${LINGER_MS_DEFAULT}ms`),
    )
    .addOption(
      new Option("--window <n>", "blocks that may be unacknowledged")
        .argParser(windowValue)
        .default(WINDOW_BLOCKS_DEFAULT),
    )
    .addOption(
      new Option("--max-inflight-bytes <size>", "bytes that may be unacknowledged")
        .argParser(positiveSizeValue)
        .default(IN_FLIGHT_BYTES_DEFAULT, "16MiB"),
    )
    .option("--once", "forward what is there, and end")
    .optionsGroup("Reports:")
    .option("--no-status", "no live status line on a terminal")
    .option("--json", "print JSON on a terminal, too");
}

/** How much is sent as one. */
export function addBlockOption(command: Command): Command {
  return command.addOption(
    new Option("--block <size>", "bytes of whole lines sent as one message")
      .argParser(blockValue)
      .default(BLOCK_BYTES_DEFAULT, "64KiB"),
  );
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
