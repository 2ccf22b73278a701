import type { TransportName } from "../core/transport-name.ts";
import type { Blank, Estimate, Reading } from "./reading.ts";

/** Raised when a field of report.json changes its meaning or goes away; docs/lab.md describes the fields. */
export const SUMMARY_SCHEMA = 1;

/** Every number of a cell, with its unit and what it is. The order is that of tables. */
export const READINGS = {
  offered: "lines that the senders generated",
  stored: "distinct lines in the file",
  lostShare: "share of the offered lines that are not in the file, 0 to 1",
  lateShare: "share of the offered lines that were stored more than 100 ms after they were due, 0 to 1",
  duplicates: "lines that are in the file again",
  reordered: "lines that are in the file after a later line of their sender",
  residue: "lines missing without a named class: 0, or a bug",
  linesPerSecond: "stored lines per second, from the first line until the last one was in the file",
  bytesPerSecond: "stored bytes per second",
  meanNs: "mean latency, ns",
  p50Ns: "median latency, ns",
  p90Ns: "latency that 90 % of the lines don't exceed, ns",
  p99Ns: "latency that 99 % of the lines don't exceed, ns",
  p999Ns: "latency that 99.9 % of the lines don't exceed, ns",
  maxNs: "longest latency, ns",
  sentP50Ns: "median latency from just before the send, ns; a sender's own wait is not in it",
  sentP99Ns: "p99 latency from just before the send, ns",
  cpuUs: "CPU time of both sides per line, µs",
  senderUserUs: "senders' CPU time in the program per line, µs",
  senderSystemUs: "senders' CPU time in the kernel per line, µs",
  senderSoftirqUs: "of the senders' CPU time per line, delivery of packets (softirq), µs",
  aggregatorUserUs: "the aggregator's CPU time in the program per line, µs",
  aggregatorSystemUs: "the aggregator's CPU time in the kernel per line, µs",
  aggregatorSoftirqUs: "of the aggregator's CPU time per line, delivery of packets (softirq), µs",
  senderSwitches: "senders' context switches per line",
  aggregatorSwitches: "the aggregator's context switches per line",
  senderWakeups: "senders' wakeups per line",
  aggregatorWakeups: "the aggregator's wakeups per line",
  senderCopiedBytes: "bytes that the senders' system calls copied, per line",
  aggregatorCopiedBytes: "bytes that the aggregator's system calls copied, per line",
  senderCycles: "senders' processor cycles per line",
  aggregatorCycles: "the aggregator's processor cycles per line",
  senderCacheMisses: "senders' cache misses per line",
  aggregatorCacheMisses: "the aggregator's cache misses per line",
  senderRssBytes: "peak memory of all senders together, bytes",
  aggregatorRssBytes: "peak memory of the aggregator, bytes",
  blockedSeconds: "time that senders waited for the aggregator, all senders together, s",
  queueLines: "most lines on their way at once",
  queueBytes: "most bytes seen in the kernel's receive buffer",
  onsetLinesPerSecond: "highest rate without loss, lines/s",
  recoverySeconds: "from the end of a stop until a line was stored again, s",
} as const;

export type ReadingName = keyof typeof READINGS;

/** The load of a cell. */
export interface Load {
  readonly senders: number;
  /** Of all senders together; `max` is as fast as they can. */
  readonly linesPerSecond: number | "max";
  readonly messageBytes: number;
  readonly seconds: number | null;
}

/** How long lines took, from all repeats. */
export interface Latency {
  /** Where the time begins: when the line was due, or, in loads without a schedule, just before its send. */
  readonly since: "due" | "sent";
  readonly lines: number;
  /** The latency that a share (0 to 1) of the lines don't exceed. */
  readonly curve: readonly { readonly share: number; readonly ns: Estimate }[];
  /** Eight bins per octave: from, up to but not including, lines. */
  readonly bins: readonly (readonly [fromNs: number, toNs: number, lines: number])[];
}

/** Means over the same lines; they add up to `meanNs`. */
export interface StageMeans {
  readonly meanNs: number;
  readonly lines: number;
  readonly by: string;
  readonly stages: readonly { readonly name: string; readonly meaning: string; readonly meanNs: number }[];
}

/** What happened when, in one repeat. */
export type Timeline =
  | { readonly kind: "points"; readonly points: readonly (readonly [dueMs: number, latencyNs: number])[] }
  | {
      readonly kind: "grid";
      readonly columnMs: number;
      readonly rowMs: number;
      readonly cells: readonly (readonly [column: number, row: number, lines: number])[];
    };

/** A frame of sampled stacks, with the samples in it and in what it called. */
export interface StackFrame {
  readonly name: string;
  readonly samples: number;
  readonly calls: readonly StackFrame[];
}

/** The sampled stacks inside the senders' send calls. */
export interface SendStacks {
  readonly by: string;
  /** Samples of the senders altogether. */
  readonly samples: number;
  /** The send call and what it calls. */
  readonly root: StackFrame;
  /** CPU time of the send call per line, µs, where it is known. */
  readonly usPerLine: number | null;
}

/** System calls per line, by name. */
export type Calls = Readonly<Record<string, Reading>>;

/** Readings of the twin of a cell with tracers attached: the difference is what tracing costs. */
export type TracedReadings = Readonly<Record<"p50Ns" | "p99Ns" | "cpuUs", Reading>>;

/** All repeats of one cell together. */
export interface CellSummary {
  readonly scenario: string;
  readonly variant: string;
  readonly transport: TransportName;
  /** `node` is this project, `go` the Go program of bench/go. */
  readonly implementation: string;
  readonly load: Load;
  readonly runs: number;
  readonly readings: Readonly<Record<ReadingName, Reading>>;
  /** Lines lost by class. */
  readonly lost: Readonly<Record<string, Reading>>;
  readonly calls: { readonly sender: Calls | Blank; readonly aggregator: Calls | Blank };
  /** The senders' system calls by name, all of them together, from their start to their end. */
  readonly allCalls: Calls | Blank;
  readonly traced: TracedReadings | Blank;
  readonly latency: Latency | Blank;
  readonly stages: StageMeans | Blank;
  readonly timeline: Timeline | Blank;
  readonly stacks: SendStacks | Blank;
}

/** What is true of a transport without measuring. */
export interface TransportFacts {
  readonly name: TransportName;
  /** What happens when the reader is too slow or stopped. */
  readonly overload: "blocks" | "drops";
  /** Longest line; null without a limit of the transport. */
  readonly lineBytesMax: number | null;
  /** Whether senders may be on other machines. */
  readonly isRemote: boolean;
  /** Whether a message arrives whole without being framed. */
  readonly keepsMessages: boolean;
  /** Whether the aggregator can acknowledge lines, so that a crash loses none. */
  readonly canAcknowledge: boolean;
}

/** A statement about the transports and what measuring it here gave. */
export interface Claim {
  readonly id: string;
  readonly text: string;
  readonly result: "PASS" | "FAIL" | null;
  /** What was measured, or why it could not be. */
  readonly measured: string;
  /** What the documents of the Go original say instead, or null. */
  readonly original: string | null;
}

/** One run of the laboratory: what report.json holds, and all that the reports are made from. */
export interface Summary {
  readonly schema: typeof SUMMARY_SCHEMA;
  readonly run: {
    readonly id: string;
    /** ISO 8601. */
    readonly startedAt: string;
    readonly quick: boolean;
    readonly root: boolean;
    /** Planned cells, and those that were measured. */
    readonly planned: number;
    readonly measured: number;
    readonly collectors: readonly string[];
    /** Options beside addresses and load. */
    readonly aggregatorOptions: readonly string[];
    readonly producerOptions: readonly string[];
  };
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly kernel: string;
    readonly node: string;
    /** What other programs used meanwhile: 1 is a whole core; null where it can't be read. */
    readonly otherCores: number | null;
    /** Everything recorded about the machine, by name; null is what can't be read. */
    readonly facts: readonly (readonly [name: string, value: string | null])[];
  };
  readonly transports: readonly TransportFacts[];
  readonly cells: readonly CellSummary[];
  /** Cells that are not there, and why. */
  readonly missing: readonly { readonly cell: string; readonly why: string }[];
  readonly claims: readonly Claim[];
}
