/** A value with its labels; null if it couldn't be read: then it is left out. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | null;
}

/** A metric whose values are read from a program's own counters when it is asked for. */
export interface Definition<State> {
  readonly name: string;
  /** A counter never decreases while the program runs. */
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly labels?: readonly string[];
  read(state: State): readonly Sample[];
}

/** Durations that are counted as they are observed, in seconds. */
export interface HistogramDefinition {
  readonly name: string;
  readonly help: string;
  readonly buckets: readonly number[];
}
