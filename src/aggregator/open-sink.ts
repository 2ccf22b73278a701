import { isTransient, OperationalError } from "../core/errors.ts";
import { CLOSE_WRITE_MS_MAX } from "../core/limits.ts";
import { FileSink } from "../sink/file-sink.ts";
import { openOutput } from "../sink/open-output.ts";
import type { Output } from "../sink/output-file.ts";
import { refusalRemedy } from "../sink/refusal.ts";
import type { RotationPlan } from "../sink/rotation.ts";
import { isStandardOutput, StandardOutput } from "../sink/standard-output.ts";
import type { AggregateEvents, AggregateOptions } from "./aggregator.ts";
import { CheckpointWatch } from "./checkpoint-watch.ts";

/**
 * Opens the output.
 *
 * @param fail called when the output refuses lines under onFull "exit"
 * @throws OperationalError from the output
 */
export function openSink(options: AggregateOptions, events: AggregateEvents, fail: (error: Error) => void): FileSink {
  const { onFull, output, mode, rotation } = options;
  let isReaderGone = false;
  const readerGone = (): void => {
    if (!isReaderGone) events.readerGone();
    isReaderGone = true;
  };
  const open = (): Output =>
    isStandardOutput(output)
      ? new StandardOutput({ readerGone })
      : openOutput(output, { mode, repaired: events.repaired });
  const stalled = (errno: string | undefined): void => {
    events.stalled(errno);
    if (onFull === "exit" && errno !== undefined && !isTransient(errno)) fail(outputRefused(output, errno));
  };
  return new FileSink(open(), {
    queueBytesMax: options.queueBytesMax,
    closeMsMax: CLOSE_WRITE_MS_MAX,
    durability: options.durability,
    rotation,
    forwarding: isStandardOutput(output) ? undefined : forwardingOf(output, rotation, events),
    open,
    durable: events.durable,
    events: { ...events, stalled: (errno) => (errno === "EPIPE" ? readerGone() : stalled(errno)) },
  });
}

function forwardingOf(
  output: string,
  { keepUnforwarded }: RotationPlan,
  events: AggregateEvents,
): CheckpointWatch | undefined {
  if (keepUnforwarded === false) return undefined;
  return new CheckpointWatch(output, {
    isExpected: keepUnforwarded === true,
    unusable: events.checkpointUnusable,
  });
}

function outputRefused(output: string, errno: string): OperationalError {
  const subject = isStandardOutput(output) ? "standard output" : output;
  return new OperationalError(
    "OUTPUT_REFUSED",
    `${subject} refuses lines (${errno}), and --on-full is exit; ${refusalRemedy(errno)}, and start again`,
  );
}
