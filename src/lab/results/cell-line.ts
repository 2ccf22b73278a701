import type { HistogramData } from "../statistics/histogram.ts";
import type { Measured } from "./measured.ts";
import type { PlannedCell } from "./run-line.ts";
import type { StageName } from "./stages.ts";

/** Lines. `offered` = `sent` + all of `unsent`; `sent` = `stored` + all of `lost` + `residue`. */
export interface Counts {
  /** Lines that the senders generated. */
  readonly offered: number;
  /** Lines that the senders count as sent, and those in doubt when the aggregator was killed: the file says what became of them. */
  readonly sent: number;
  /** By class of the senders' `done` events; docs/commands.md explains each. */
  readonly unsent: Readonly<Record<string, number>>;
  /** Distinct lines in the file. */
  readonly stored: number;
  /** By class: those of the aggregator's ledger, `kernelDrops`, and `killed` for what a killed aggregator had read or was about to read. */
  readonly lost: Readonly<Record<string, Measured<number>>>;
  readonly duplicates: number;
  readonly reordered: number;
  /** Lines in the file that no sender of this cell wrote. */
  readonly foreign: number;
  /** What is missing without a class: 0, or a bug. */
  readonly residue: Measured<number>;
  /** The kernel's own counters, such as `udp drops` or `Tcp RetransSegs`. */
  readonly kernel: Readonly<Record<string, Measured<number>>>;
}

/** What one side spent between the first line and the last. Divide by `counts.sent` for the cost of a line. */
export interface SideCosts {
  readonly cpuUserSeconds: Measured<number>;
  readonly cpuSystemSeconds: Measured<number>;
  /** Delivery of packets that the kernel did while this side's processes ran; it is part of their time. */
  readonly softirqSeconds: Measured<number>;
  /** The process waited. */
  readonly voluntarySwitches: Measured<number>;
  /** The scheduler took the processor away. */
  readonly involuntarySwitches: Measured<number>;
  readonly wakeups: Measured<number>;
  /** Bytes that system calls copied into the kernel and out of it. */
  readonly writtenBytes: Measured<number>;
  readonly readBytes: Measured<number>;
  /** Calls by name, those that were made between the first line and the last. */
  readonly systemCalls: Measured<Readonly<Record<string, number>>>;
  /** Time in these calls by name, ns, waiting included. */
  readonly systemCallNs: Measured<Readonly<Record<string, number>>>;
  /** Calls by name from the processes' start to their end, as `strace -f -c` counts. */
  readonly allSystemCalls: Measured<Readonly<Record<string, number>>>;
  readonly cycles: Measured<number>;
  readonly cacheMisses: Measured<number>;
  /** Of all processes of this side together; the sum of their peaks. */
  readonly peakRssBytes: Measured<number>;
}

/** Where the time of the traced lines went: means over the same lines. They add up to `meanNs`. */
export interface Stages {
  /** Lines that were followed. */
  readonly lines: number;
  /** From the time a line was due until it was seen in the file. */
  readonly meanNs: number;
  readonly stages: readonly { readonly name: StageName; readonly meanNs: number }[];
}

/** When lines arrived and how long they had taken. Times count from the cell's first line, latencies from the time a line was due. */
export type Timeline =
  /** One point for each line, in the order of `atMs`. */
  | { readonly kind: "points"; readonly points: readonly (readonly [dueMs: number, latencyNs: number])[] }
  /** How many lines that were due in a column's time had a row's latency; empty cells are left out. */
  | {
      readonly kind: "grid";
      readonly columnMs: number;
      readonly rowMs: number;
      readonly cells: readonly (readonly [column: number, row: number, lines: number])[];
    };

/** The highest rate without loss, and what was tried to find it. */
export interface Onset {
  readonly linesPerSecond: number;
  /** Whether no loss was found up to the highest rate that was tried. */
  readonly isLimit: boolean;
  readonly tried: readonly {
    readonly linesPerSecond: number;
    readonly lost: number;
    /** Lines that were stored more than 100 ms after they were due. */
    readonly late: number;
  }[];
}

/** One measured cell. */
export interface CellLine extends PlannedCell {
  readonly kind: "cell";
  /** ISO 8601. */
  readonly startedAt: string;
  /** From the first line until the last one was in the file. */
  readonly seconds: number;
  readonly counts: Counts;
  readonly rates: { readonly linesPerSecond: number; readonly bytesPerSecond: number };
  readonly latency: {
    /** From the time a line was due until it could be read in the file. */
    readonly sinceDue: Measured<HistogramData>;
    /** From just before the send. A sender that waited hides its own wait in this one. */
    readonly sinceSent: Measured<HistogramData>;
  };
  readonly stages: Measured<Stages>;
  readonly costs: { readonly sender: SideCosts; readonly aggregator: SideCosts };
  /** Time that senders waited for the other side, all senders together, seconds. */
  readonly blockedSeconds: Measured<number>;
  readonly queue: {
    /** Lines on their way: sent, or waiting in the send call, and not yet in the file. */
    readonly linesMax: Measured<number>;
    readonly linesMean: Measured<number>;
    /** Most bytes seen in the kernel's receive buffer. */
    readonly bytesMax: Measured<number>;
  };
  readonly timeline: Measured<Timeline>;
  /** Only in `loss-onset`. */
  readonly onset?: Measured<Onset>;
  /** Only in `restart` and `stall`: from the kill or the end of the stop until a line was stored again, seconds. */
  readonly recoverySeconds?: Measured<number>;
  /** Folded stacks, paths relative to the results' folder. */
  readonly stacks: Measured<Readonly<Record<string, string>>>;
  /** udp: the receive buffer that the kernel granted. */
  readonly receiveBufferBytes: number | null;
  readonly machine: {
    /** Average load over a minute, before the cell. */
    readonly load: number;
    /** Cores' time that the hypervisor gave to others, and that other programs used, while lines were due; seconds. */
    readonly stolenSeconds: Measured<number>;
    readonly otherSeconds: Measured<number>;
    /** Delivery of packets and the like on the whole machine. */
    readonly softirqSeconds: Measured<number>;
  };
}

/** A cell that could not be measured. A run that is continued tries it again. */
export interface FailedLine {
  readonly kind: "failed";
  readonly id: string;
  readonly why: string;
}
