import type { TransportLedger } from "../ledger/ledger.ts";
import type { Definition, HistogramDefinition, Sample } from "../metrics/definition.ts";
import type { EventCounts } from "./event-counts.ts";
import type { OutputLedger } from "./output-ledger.ts";
import type { AggregateReadings } from "./readings.ts";

/** What the metrics of an aggregator are read from. */
export interface AggregatorState {
  /** Undefined until it listens. */
  readonly readings: AggregateReadings | undefined;
  readonly events: Readonly<EventCounts>;
  readonly queueBytesMax: number;
}

export const DURABLE_SECONDS: HistogramDefinition = {
  name: "log_aggregator_durable_seconds",
  help: "From the arrival of lines until they are as safe as --durability makes them; one value for lines that arrived within about a millisecond",
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
};

/** The metrics that a source's counts are values of. */
const SOURCE_HELP = {
  received_lines_total: "Lines received",
  received_bytes_total: "Bytes received",
  stored_lines_total: "Lines handed to the file's queue",
  not_stored_lines_total: "Lines received and not stored, by reason; blank and partial ones are not a loss",
  wrapped_lines_total: "Lines stored inside _raw or _raw_b64",
  unterminated_lines_total: "Lines stored although their sender ended without an LF",
  empty_messages_total: "Messages of 0 bytes; not lines",
  accepted_connections_total: "Connections accepted",
  refused_connections_total: "Connections closed unread, or for an HTTP request or a failed TLS handshake, by reason",
  refused_messages_total: "Messages of users who aren't allowed to send",
  cut_connections_total: "Senders that kept writing at the stop until they were cut, or that lost bytes then",
  cut_bytes_total: "Bytes that these senders lost; absent where that can't be known",
  kernel_dropped_messages_total: "Messages that the kernel dropped before they could be read; absent where unknown",
} as const;

type SourceMetric = keyof typeof SOURCE_HELP;
/** What is left in kernel queues is counted at the stop, when nobody scrapes any more. */
type SourceCount = Exclude<keyof TransportLedger, "transport" | "address" | "leftInQueue">;

/** Which metric, with which reason, a count of a source's ledger is: all of them, or it doesn't compile. */
const SOURCE_COUNTS: Readonly<Record<SourceCount, readonly [metric: SourceMetric, reason?: string]>> = {
  received: ["received_lines_total"],
  receivedBytes: ["received_bytes_total"],
  stored: ["stored_lines_total"],
  wrapped: ["wrapped_lines_total"],
  unterminated: ["unterminated_lines_total"],
  blank: ["not_stored_lines_total", "blank"],
  oversize: ["not_stored_lines_total", "oversize"],
  shed: ["not_stored_lines_total", "shed"],
  truncated: ["not_stored_lines_total", "truncated"],
  partial: ["not_stored_lines_total", "partial"],
  limited: ["not_stored_lines_total", "limited"],
  emptyMessages: ["empty_messages_total"],
  accepted: ["accepted_connections_total"],
  refused: ["refused_connections_total", "descriptors"],
  forbiddenSenders: ["refused_connections_total", "forbidden"],
  forbiddenMessages: ["refused_messages_total", "forbidden"],
  excessSenders: ["refused_connections_total", "excess"],
  httpRequests: ["refused_connections_total", "http"],
  failedHandshakes: ["refused_connections_total", "handshake"],
  cutSenders: ["cut_connections_total"],
  cutBytes: ["cut_bytes_total"],
  kernelDrops: ["kernel_dropped_messages_total"],
};

type OutputCount = Exclude<keyof OutputLedger, "stalled" | "bytesWritten">;

/** The counters of the output's ledger. */
const OUTPUT_COUNTS: Readonly<Record<OutputCount, readonly [metric: string, help: string]>> = {
  bytesDurable: ["durable_bytes_total", "Bytes that are as safe as --durability makes them"],
  bytesSuspect: ["suspect_bytes_total", "Bytes written before a sync that failed, and not written again"],
  removedFiles: ["removed_files_total", "Rotated files removed because of a limit"],
  removedBytes: ["removed_bytes_total", "Bytes of these files"],
  removedUnforwardedBytes: [
    "removed_unforwarded_bytes_total",
    "Bytes of these files that were not forwarded yet; a loss",
  ],
  pausedSeconds: ["paused_seconds_total", "How long senders had to wait because the file was slow or refused lines"],
};

/** All metrics of an aggregator, except its histogram and those of any process. */
export function aggregatorMetrics(): readonly Definition<AggregatorState>[] {
  const names = Object.keys(SOURCE_HELP) as SourceMetric[];
  const outputs = Object.entries(OUTPUT_COUNTS) as [OutputCount, readonly [string, string]][];
  return [
    ...names.map(sourceMetric),
    connections,
    ...outputs.map(([count, [name, help]]) => counter(name, help, ({ output }) => output[count])),
    writtenBytes(),
    counter("unwritten_lines_total", "Lines given up at the stop", ({ notStored }) => notStored.unwritten),
    counter(
      "suppressed_duplicate_lines_total",
      "Lines that acknowledged senders sent again, and that were not stored a second time",
      ({ duplicatesSuppressed }) => duplicatesSuppressed,
    ),
    ...gauges,
    ...eventCounters,
  ];
}

function sourceMetric(metric: SourceMetric): Definition<AggregatorState> {
  const counts = (Object.keys(SOURCE_COUNTS) as SourceCount[]).filter((count) => SOURCE_COUNTS[count][0] === metric);
  const hasReason = counts.some((count) => SOURCE_COUNTS[count][1] !== undefined);
  return {
    name: `log_aggregator_${metric}`,
    type: "counter",
    help: SOURCE_HELP[metric],
    labels: ["transport", "address", ...(hasReason ? ["reason"] : [])],
    read: ({ readings }) =>
      (readings?.ledger.transports ?? []).flatMap((source) =>
        counts.map((count) => {
          const [, reason] = SOURCE_COUNTS[count];
          const labels = { transport: source.transport, address: source.address };
          return { labels: reason === undefined ? labels : { ...labels, reason }, value: source[count] };
        }),
      ),
  };
}

const connections: Definition<AggregatorState> = {
  name: "log_aggregator_connections",
  type: "gauge",
  help: "Connections now; absent where the transport has none",
  labels: ["transport", "address"],
  read: ({ readings }) =>
    (readings?.ledger.transports ?? []).map(({ transport, address }, at) => ({
      labels: { transport, address },
      value: readings?.connections[at] ?? null,
    })),
};

type OfLedger = (ledger: AggregateReadings["ledger"]) => number;

function counter(metric: string, help: string, count: OfLedger): Definition<AggregatorState> {
  return { name: `log_aggregator_${metric}`, type: "counter", help, read: ({ readings }) => samples(readings, count) };
}

function samples(readings: AggregateReadings | undefined, count: OfLedger): readonly Sample[] {
  return readings === undefined ? [] : [{ value: count(readings.ledger) }];
}

/** Bytes that have to be written again, after a sync that failed, are not written as far as the ledger goes. */
function writtenBytes(): Definition<AggregatorState> {
  let highest = 0;
  return counter("written_bytes_total", "Bytes handed to the kernel; of those written again, once", ({ output }) => {
    highest = Math.max(highest, output.bytesWritten);
    return highest;
  });
}

function gauge(
  metric: string,
  help: string,
  read: (readings: AggregateReadings) => number,
): Definition<AggregatorState> {
  return {
    name: `log_aggregator_${metric}`,
    type: "gauge",
    help,
    read: ({ readings }) => (readings === undefined ? [] : [{ value: read(readings) }]),
  };
}

const gauges: readonly Definition<AggregatorState>[] = [
  gauge(
    "residue_lines",
    "Received minus stored minus not stored: anything but 0 is a bug",
    ({ ledger }) => ledger.residue,
  ),
  gauge("queue_bytes", "Bytes that wait for the file", ({ queuedBytes }) => queuedBytes),
  gauge("queue_lines", "Lines that wait for the file", ({ countQueuedLines }) => countQueuedLines()),
  {
    name: "log_aggregator_queue_limit_bytes",
    type: "gauge",
    help: "Bytes that may wait for the file before senders have to (--queue-bytes)",
    read: ({ queueBytesMax }) => [{ value: queueBytesMax }],
  },
  gauge(
    "oldest_line_seconds",
    "How long the oldest line that isn't durable has waited; 0 where there is none",
    ({ waitingSeconds }) => waitingSeconds,
  ),
  gauge("output_stalled", "1 while the file refuses lines, otherwise 0", ({ ledger }) =>
    ledger.output.stalled === null ? 0 : 1,
  ),
];

const eventCounters: readonly Definition<AggregatorState>[] = [
  eventCounter("rotations_total", "Files finished by rotation", ({ rotations }) => rotations),
  eventCounter(
    "reopened_files_total",
    "Outputs opened again because the file had been renamed or removed",
    ({ reopened }) => reopened,
  ),
  eventCounter(
    "repaired_files_total",
    "Outputs whose last line was cut short and moved away",
    ({ repaired }) => repaired,
  ),
  {
    name: "log_aggregator_disk_errors_total",
    type: "counter",
    help: "Failures of the disk: each write and sync that failed, and each attempt to replace, compress or remove a file",
    labels: ["operation"],
    read: ({ events }) => Object.entries(events.errors).map(([operation, value]) => ({ labels: { operation }, value })),
  },
];

function eventCounter(
  metric: string,
  help: string,
  count: (events: Readonly<EventCounts>) => number,
): Definition<AggregatorState> {
  return { name: `log_aggregator_${metric}`, type: "counter", help, read: ({ events }) => [{ value: count(events) }] };
}
