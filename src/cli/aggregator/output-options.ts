import { type Command, InvalidArgumentError, Option } from "commander";
import { OperationalError } from "../../core/errors.ts";
import { SYNC_INTERVAL_MS_DEFAULT } from "../../core/limits.ts";
import { parseDuration } from "../../core/units.ts";
import type { Durability } from "../../sink/durability.ts";
import { isRotatedName } from "../../sink/rotated-files.ts";
import { type RotationPlan, rotates } from "../../sink/rotation.ts";
import { positiveCountValue, positiveDurationValue, positiveSizeValue } from "../option-values.ts";

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
  readonly onFull: "wait" | "exit";
}

export function addOutputOptions(command: Command): Command {
  return command
    .option("-o, --output <file>", "the file lines are appended to", "aggregated_logs.jsonl")
    .addOption(new Option("--mode <octal>", "permissions of a new file").argParser(modeValue).default(0o600, "0600"))
    .addOption(
      new Option("--durability <when>", "sync the file: none, interval[=duration], or ack (before acknowledging)")
        .argParser(durabilityValue)
        .default({ mode: "interval", intervalMs: SYNC_INTERVAL_MS_DEFAULT } satisfies Durability, "interval=1s"),
    )
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
    .addOption(
      new Option("--on-full <what>", "when the file refuses lines: let senders wait, or exit")
        .choices(["wait", "exit"])
        .default("wait"),
    );
}

/** @throws OperationalError USAGE when the options contradict each other */
export function rotationPlan(options: OutputOptions): RotationPlan {
  const plan: RotationPlan = {
    bytesMax: options.rotateSize,
    intervalMs: options.rotateInterval,
    keep: options.rotateKeep,
    totalBytesMax: options.rotateTotal,
    freeBytesMin: options.keepFree,
    compress: options.rotateCompress === "gzip",
  };
  const contradiction = contradictionIn(plan, options);
  if (contradiction !== undefined) throw new OperationalError("USAGE", contradiction);
  return plan;
}

function contradictionIn(plan: RotationPlan, options: OutputOptions): string | undefined {
  if (isRotatedName(options.output)) {
    return `${options.output} has the name of a rotated file, which the owner of that output may remove; pass another --output`;
  }
  const inVain = ["rotateKeep", "rotateTotal", "keepFree", "rotateCompress"] as const;
  const first = inVain.find((name) => options[name] !== undefined);
  if (first !== undefined && !rotates(plan)) {
    return `${FLAGS[first]} is about rotated files, and there are none; add --rotate-size or --rotate-interval`;
  }
  if ((plan.totalBytesMax ?? Number.POSITIVE_INFINITY) <= (plan.bytesMax ?? 0)) {
    return "--rotate-total is no more than --rotate-size, so every file would be removed at once; raise it";
  }
  return undefined;
}

const FLAGS = {
  rotateKeep: "--rotate-keep",
  rotateTotal: "--rotate-total",
  keepFree: "--keep-free",
  rotateCompress: "--rotate-compress",
} as const;

function durabilityValue(text: string): Durability {
  const [mode, duration] = text.split("=", 2);
  if (mode === "none" && duration === undefined) return { mode };
  if (mode === "ack" && duration === undefined) return { mode };
  const intervalMs = duration === undefined ? SYNC_INTERVAL_MS_DEFAULT : parseDuration(duration);
  if (mode === "interval" && intervalMs) return { mode, intervalMs };
  throw new InvalidArgumentError("Write none, interval, interval=500ms or ack.");
}

function modeValue(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) throw new InvalidArgumentError("Write three octal digits, such as 0640.");
  return Number.parseInt(text, 8);
}
