import type { TransportName } from "../../core/transport-name.ts";

/** Raised when a field changes its meaning or goes away; a new field that may be absent doesn't raise it. */
export const RESULTS_SCHEMA = 1;

/** Who implements both ends: this project, or the Go program of bench/go. */
export const IMPLEMENTATIONS = ["node", "go"] as const;

export type Implementation = (typeof IMPLEMENTATIONS)[number];

/** The load of a cell. */
export interface Parameters {
  readonly senders: number;
  /** Of all senders together; `max` is as fast as they can. */
  readonly linesPerSecond: number | "max";
  /** Letters in each message; a line is about 130 bytes longer. */
  readonly messageBytes: number;
  /** How long lines are due at most; null where only their number ends the load. */
  readonly seconds: number | null;
  /** Lines of each sender at most; null where only time ends the load. */
  readonly linesPerSender: number | null;
}

/** One measurement to be made: a scenario's variant over one transport. */
export interface PlannedCell {
  /** Unique in the run: `scenario/variant/transport/implementation/repeat`, and `/traced` where it is traced. */
  readonly id: string;
  readonly scenario: string;
  /** Which of the scenario's loads, such as `10000` (lines/s) in `paced`; `-` where it has only one. */
  readonly variant: string;
  readonly transport: TransportName;
  readonly implementation: Implementation;
  /** Counted from 1. */
  readonly repeat: number;
  /** Whether tracers are attached. The cell with the same id without `/traced` is its twin. */
  readonly traced: boolean;
  readonly parameters: Parameters;
}

/** Cells that this run doesn't measure, and why: all of a scenario, or one variant over one transport or of one implementation. */
export interface SkippedCells {
  readonly scenario: string;
  /** Absent: all variants. */
  readonly variant?: string;
  /** Absent: all transports. */
  readonly transport?: TransportName;
  /** Absent: all implementations. */
  readonly implementation?: Implementation;
  readonly why: string;
}

/** The machine and the programs. What can't be read is null. */
export interface Environment {
  readonly kernel: string;
  readonly architecture: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly governor: string | null;
  /** Whether the processor says that it runs under a hypervisor. */
  readonly virtual: boolean | null;
  readonly clocksource: string | null;
  readonly root: boolean;
  /** sysctl(8) names and their values as text. */
  readonly sysctls: Readonly<Record<string, string | null>>;
  /** Programs and their versions: node, log-aggregator, bpftrace, perf, strace, go; `build` is a checksum of the built commands. */
  readonly versions: Readonly<Record<string, string | null>>;
}

/** The first line of results.jsonl. */
export interface RunLine {
  readonly kind: "run";
  readonly schema: typeof RESULTS_SCHEMA;
  /** Random, names this run. */
  readonly run: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly options: {
    readonly quick: boolean;
    readonly transports: readonly TransportName[];
    readonly scenarios: readonly string[];
    readonly implementations: readonly Implementation[];
    readonly repeats: number | null;
    readonly collect: string;
    readonly profile: boolean;
  };
  /** In the order in which they are measured. */
  readonly plan: readonly PlannedCell[];
  readonly skipped: readonly SkippedCells[];
  /** The options that every aggregator and every producer of this project got beside address, output, load and the scenario's. */
  readonly configuration: { readonly aggregator: readonly string[]; readonly producer: readonly string[] };
  readonly environment: Environment;
}
