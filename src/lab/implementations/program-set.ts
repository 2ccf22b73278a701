import type { Scenario, Variant } from "../scenarios/scenario.ts";

/** One implementation's aggregator and producer. Both have the command lines and events of this project's, as far as the lab uses them. */
export interface ProgramSet {
  /** The executables; absent: this project's commands, which Node runs. */
  readonly files?: { readonly aggregator: string; readonly producer: string };
  /** Given to every program, beside address, output and load. */
  readonly aggregatorOptions: readonly string[];
  readonly producerOptions: readonly string[];
}

/** This project's commands. */
export const NODE_PROGRAMS: ProgramSet = {
  aggregatorOptions: ["--log-level", "error", "--no-status"],
  producerOptions: ["--log-level", "error"],
};

/** Every producer, of whichever implementation, waits for the end of its input before it ends, so that its costs can be read. */
export const PRODUCER_OPTIONS: readonly string[] = ["--hold"];

/** A scenario's load, and why an implementation can't be measured under it. */
export type Exclusion = (scenario: Scenario, variant: Variant) => string | undefined;
