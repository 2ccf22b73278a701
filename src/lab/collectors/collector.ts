import type { TransportName } from "../../core/transport-name.ts";
import type { CellLine, SideCosts } from "../results/cell-line.ts";
import type { CollectorName, Measured } from "../results/measured.ts";
import type { TracedEvents } from "../stages/events.ts";

/** The processes of a cell. */
export interface Subjects {
  readonly senders: readonly number[];
  readonly aggregator: number;
  /** Where it listens, as its `listening` event says. */
  readonly address: string;
}

/** What a collector knows of a cell. Where several know the same, the later in the table counts. */
export interface Collected {
  readonly sender?: Partial<SideCosts>;
  readonly aggregator?: Partial<SideCosts>;
  readonly machine?: Partial<Pick<CellLine["machine"], "stolenSeconds" | "otherSeconds" | "softirqSeconds">>;
  readonly kernel?: Readonly<Record<string, Measured<number>>>;
  readonly queueBytesMax?: Measured<number>;
  /** The way of single lines, from which their stages are computed; or why it isn't known. */
  readonly events?: Measured<TracedEvents>;
  /** Paths of folded stacks in the results' folder, by name. */
  readonly stacks?: CellLine["stacks"];
}

export interface CellPlace {
  /** Of the cell. */
  readonly id: string;
  readonly transport: TransportName;
  /** Whether single lines are to be followed; there may be too many. */
  readonly isFollowed: boolean;
  /** For files of the collector's own. */
  readonly directory: string;
}

/** A collector at work on one cell. */
export interface Collection {
  /** A program and its arguments that run each program of a side. */
  wrapper?(side: "sender" | "aggregator", index: number): readonly string[];
  /** All programs are ready; the first line comes next. */
  begin(subjects: Subjects): Promise<void>;
  /** All lines are in the file or lost, and the programs still run. */
  end(subjects: Subjects): Promise<void>;
  /** Called after the programs have ended. */
  result(): Promise<Collected>;
  /** Ends what it started. Idempotent. */
  close(): Promise<void>;
}

/** A collector that stays attached for several cells, one after the other. */
export interface Attachment extends AsyncDisposable {
  start(place: CellPlace): Promise<Collection>;
}

/** A way to measure. A new one is a file and a line in collectors.ts. */
export interface Collector {
  readonly name: CollectorName;
  /** Whether it slows down what it measures: then it works in cells with `traced` only. */
  readonly isTracer: boolean;
  /** Why it can't be used on this machine. */
  unavailable(): Promise<string | undefined>;
  start(place: CellPlace): Promise<Collection>;
  /** Only where attaching takes long: attaches for several cells. */
  attach?(): Promise<Attachment>;
}
