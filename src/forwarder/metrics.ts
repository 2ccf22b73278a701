import type { Definition, HistogramDefinition, Sample } from "../metrics/definition.ts";
import type { Tally } from "./events.ts";
import type { Lag } from "./lag.ts";
import type { Observations } from "./observations.ts";
import type { Traffic } from "./observed-engine.ts";

/** What the metrics of a forwarder are read from. */
export interface ForwarderState {
  /** Undefined until it runs. */
  readonly tally: Readonly<Tally> | undefined;
  readonly lag: Lag | undefined;
  readonly traffic: Traffic;
  readonly observations: Observations;
}

const PREFIX = "log_aggregator_forwarder_";

export const ACKNOWLEDGE_SECONDS: HistogramDefinition = {
  name: `${PREFIX}acknowledge_seconds`,
  help: "From sending a block to its acknowledgement",
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
};

/** Rejected lines are counted by reason. */
type Counted = Exclude<keyof Tally, "rejected" | "unnamed">;

const TALLY: Readonly<Record<Counted, readonly [metric: string, help: string]>> = {
  blocks: ["acknowledged_blocks_total", "Blocks that the engine has acknowledged; of a block sent again, once"],
  lines: ["acknowledged_lines_total", "Lines that the engine has, up to the first block that isn't acknowledged"],
  bytes: ["acknowledged_bytes_total", "Bytes of these lines"],
  found: ["found_blocks_total", "Blocks that were found stored although their acknowledgement was lost"],
};

/** All metrics of a forwarder, except its histogram and those of any process. */
export function forwarderMetrics(): readonly Definition<ForwarderState>[] {
  const tallied = Object.entries(TALLY) as [Counted, readonly [string, string]][];
  return [
    ...tallied.map(([count, [metric, help]]) =>
      plain("counter", metric, { help, read: ({ tally }) => tally?.[count] }),
    ),
    ...sent,
    ...counted,
    ...gauges,
  ];
}

interface Plain {
  readonly help: string;
  /** Null or undefined: not known now. */
  read(state: ForwarderState): number | null | undefined;
}

function plain(type: "counter" | "gauge", metric: string, { help, read }: Plain): Definition<ForwarderState> {
  return { name: PREFIX + metric, type, help, read: (state) => [{ value: read(state) ?? null }] };
}

function by(label: string, counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

const sent = (["blocks", "lines", "bytes"] as const).flatMap((unit) => [
  plain("counter", `sent_${unit}_total`, {
    help: `${capitalized(unit)} sent; each attempt counts`,
    read: ({ traffic }) => traffic.sent[unit],
  }),
  plain("counter", `resent_${unit}_total`, {
    help: `${capitalized(unit)} of these that had been sent before in this run`,
    read: ({ traffic }) => traffic.resent[unit],
  }),
]);

const counted: readonly Definition<ForwarderState>[] = [
  plain("counter", "connections_total", {
    help: "Connections that were opened; all but the first are reconnections",
    read: ({ traffic }) => traffic.connections,
  }),
  plain("counter", "outages_total", {
    help: "How often the engine couldn't be reached or failed, or the file was missing",
    read: ({ observations }) => observations.outages,
  }),
  plain("counter", "rotated_files_total", {
    help: "Files forwarded to their end, after which the next one began",
    read: ({ observations }) => observations.rotations,
  }),
  plain("counter", "refills_total", {
    help: "How often an engine had lost blocks that it had acknowledged, which were sent again",
    read: ({ observations }) => observations.refills,
  }),
  {
    name: `${PREFIX}changed_files_total`,
    type: "counter",
    help: "Files that weren't as they were left, by what had happened; except for copied, lines may be lost",
    labels: ["change"],
    read: ({ observations }) => by("change", observations.changes),
  },
  {
    name: `${PREFIX}rejected_lines_total`,
    type: "counter",
    help: "Lines that the engine doesn't accept, by reason; they are in FILE.rejected.jsonl",
    labels: ["reason"],
    read: ({ observations }) => by("reason", observations.rejected),
  },
];

const gauges: readonly Definition<ForwarderState>[] = [
  plain("gauge", "connected", {
    help: "1 while the engine is reached, otherwise 0",
    read: ({ observations }) => (observations.isConnected ? 1 : 0),
  }),
  plain("gauge", "unanswered_blocks", {
    help: "Blocks that were sent and not answered yet",
    read: ({ traffic }) => traffic.unansweredBlocks,
  }),
  plain("gauge", "lag_bytes", {
    help: "Bytes in the files that are not acknowledged; absent where that isn't known",
    read: ({ lag }) => lag?.bytes,
  }),
  plain("gauge", "lag_lines", {
    help: "Lines in the files that are not acknowledged; absent above 64 MiB, which would have to be read",
    read: ({ lag }) => lag?.lines,
  }),
  plain("gauge", "lag_seconds", {
    help: "Age of the oldest of these lines by its own time; absent where it has none, 0 where no line waits",
    read: ({ lag }) => lag?.seconds,
  }),
];

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
