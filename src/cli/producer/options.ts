import { type Command, InvalidArgumentError, Option } from "commander";
import { PRODUCER_BYTES_MAX } from "../../acks/protocol.ts";
import { OperationalError } from "../../core/errors.ts";
import {
  BATCH_BYTES_MAX,
  LINE_BYTES_MAX_DEFAULT,
  MESSAGE_BYTES_DEFAULT,
  MESSAGE_BYTES_MAX,
  TICK_COUNT_DEFAULT,
  TICK_INTERVAL_MS_DEFAULT,
  WAIT_MS_DEFAULT,
} from "../../core/limits.ts";
import { BATCH_BYTES_DEFAULT, BATCH_LINES_DEFAULT } from "../../core/tuning.ts";
import { parseCount } from "../../core/units.ts";
import type { GeneratedLines, Pace } from "../../producer/generated-lines.ts";
import type { SenderTlsOptions } from "../../producer/sender-tls.ts";
import { namesWhere } from "../../transports/registry.ts";
import {
  countValue,
  durationValue,
  positiveCountValue,
  positiveDurationValue,
  positiveSizeValue,
} from "../option-values.ts";
import type { CommonOptions } from "../run.ts";

export interface ProducerOptions extends CommonOptions {
  readonly count?: number;
  readonly interval?: number;
  readonly rate?: number | "max";
  readonly duration?: number;
  readonly batch?: number;
  readonly plain?: true;
  readonly id: string;
  readonly stdin?: true;
  readonly tee?: true;
  readonly hold?: true;
  readonly ack?: true;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServername?: string;
  readonly maxLine?: number;
  readonly wait: number;
  readonly status: boolean;
  readonly json?: true;
}

/** Options for generated lines; they mean nothing for lines that others write. */
const MAKING = ["count", "interval", "rate", "duration", "batch", "plain", "hold"] as const;

/** @param id the producer's name in its lines unless `--id` gives one */
export function addProducerOptions(command: Command, id: string): Command {
  const acknowledged = namesWhere(({ connect }) => connect !== undefined).join(", ");
  const interval = `time between lines (default: ${TICK_INTERVAL_MS_DEFAULT}ms)`;
  const count = `lines to send (default: ${TICK_COUNT_DEFAULT}; unlimited with --rate or --duration)`;
  return command
    .optionsGroup("Generated lines:")
    .addOption(new Option("-n, --count <lines>", count).argParser(countValue))
    .addOption(new Option("-i, --interval <duration>", interval).argParser(positiveDurationValue))
    .addOption(
      new Option("-r, --rate <lines>", 'lines per second, or "max"').argParser(rateValue).conflicts(["interval"]),
    )
    .addOption(new Option("-d, --duration <duration>", "end after this time").argParser(positiveDurationValue))
    .addOption(
      new Option(
        "--batch <lines>",
        `with --rate: most lines per send (default: ${BATCH_LINES_DEFAULT}, at most 64 KiB)`,
      ).argParser(positiveCountValue),
    )
    .option("--plain", "only source, timestamp, level and message")
    .option("--hold", 'print "ready", begin at a line on standard input, wait for its end after the last one')
    .addOption(new Option("--id <name>", "this producer's name in its lines").default(id, "the process id"))
    .optionsGroup("Lines of others:")
    .addOption(new Option("--stdin", "send the lines of standard input as they are").conflicts([...MAKING]))
    .option("--tee", "pass on what a command writes to stdout and stderr, too; events go to stderr")
    .addOption(
      new Option("--max-line <size>", "longest line of standard input or a command (default: 1MiB)").argParser(
        positiveSizeValue,
      ),
    )
    .optionsGroup("Sending:")
    .option("--ack", `${acknowledged}: keep each line until the aggregator has acknowledged it`)
    .addOption(
      new Option("--wait <duration>", "how long to try to reach an aggregator")
        .argParser(durationValue)
        .default(WAIT_MS_DEFAULT, `${WAIT_MS_DEFAULT / 1000}s`),
    )
    .optionsGroup("TLS (tcp), which any of these turns on:")
    .option("--tls-ca <file>", "certificate of the authority that is trusted (default: those that Node trusts)")
    .option("--tls-cert <file>", "certificate of this producer")
    .option("--tls-key <file>", "key of this producer")
    .option("--tls-servername <name>", "the name in the aggregator's certificate (default: the host)")
    .optionsGroup("Reports:")
    .option("--no-status", "no live status line on a terminal")
    .option("--json", "print JSON on a terminal, too");
}

/** Whether the arguments say which lines are to be generated. */
export function isMade(options: ProducerOptions, size: string | undefined): boolean {
  return size !== undefined || MAKING.some((name) => options[name] !== undefined);
}

/** @throws OperationalError USAGE for options that contradict each other */
export function refuseConflicts(options: ProducerOptions, size: string | undefined, relays: string | undefined): void {
  const idBytes = Buffer.byteLength(options.id);
  if (options.ack === true && (idBytes === 0 || idBytes > PRODUCER_BYTES_MAX)) {
    throw usage(`--ack needs an --id of 1 to ${PRODUCER_BYTES_MAX} bytes, not of ${idBytes}`);
  }
  if (options.tee === true && (relays === undefined || options.stdin === true)) {
    throw usage("--tee passes on what a command after -- writes, and there is none; omit it");
  }
  if (relays !== undefined) {
    const making = MAKING.find((name) => options[name] !== undefined);
    if (making !== undefined) throw usage(`--${making} is for generated lines, and ${relays} has its own; omit one`);
    if (size !== undefined)
      throw usage(`a message size (${size}) is for generated lines, and ${relays} has its own; omit one`);
    return;
  }
  if (options.batch !== undefined && options.rate === undefined) throw usage("--batch needs --rate");
  if (options.maxLine !== undefined) throw usage("--max-line is for lines of --stdin or a command");
}

/** The options about TLS, for senderCertificates(); undefined when there are none. */
export function tlsOptions(options: ProducerOptions): SenderTlsOptions | undefined {
  const { tlsCa: ca, tlsCert: cert, tlsKey: key, tlsServername: servername } = options;
  const given = { ca, cert, key, servername };
  return Object.values(given).every((value) => value === undefined) ? undefined : given;
}

/** @param run the name of this run */
export function generatedLines(options: ProducerOptions, size: string | undefined, run: string): GeneratedLines {
  const endless = options.rate !== undefined || options.duration !== undefined;
  return {
    producer: options.id,
    run,
    plain: options.plain === true,
    messageBytes: size === undefined ? MESSAGE_BYTES_DEFAULT : messageBytes(size),
    pace: paceOf(options),
    linesMax: options.count ?? (endless ? Number.POSITIVE_INFINITY : TICK_COUNT_DEFAULT),
    durationMs: options.duration ?? Number.POSITIVE_INFINITY,
    batchLinesMax: options.batch ?? BATCH_LINES_DEFAULT,
    batchBytesMax: options.batch === undefined ? BATCH_BYTES_DEFAULT : BATCH_BYTES_MAX,
  };
}

export function lineBytesMax(options: ProducerOptions): number {
  return options.maxLine ?? LINE_BYTES_MAX_DEFAULT;
}

function paceOf(options: ProducerOptions): Pace {
  if (options.rate === "max") return "max";
  if (options.rate !== undefined) return { linesPerSecond: options.rate };
  return { intervalMs: options.interval ?? TICK_INTERVAL_MS_DEFAULT };
}

function messageBytes(size: string): number {
  const bytes = parseCount(size);
  if (bytes !== undefined && bytes <= MESSAGE_BYTES_MAX) return bytes;
  throw usage(`"${size}" is not a message size; write bytes from 0 to ${MESSAGE_BYTES_MAX}, such as 100`);
}

function rateValue(text: string): number | "max" {
  if (text === "max") return text;
  const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (rate > 0) return rate;
  throw new InvalidArgumentError('Write lines per second, such as 1000, or "max".');
}

function usage(message: string): OperationalError {
  return new OperationalError("USAGE", message);
}
