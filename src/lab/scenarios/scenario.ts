import type { TransportName } from "../../core/transport-name.ts";
import { REGISTRY } from "../../transports/registry.ts";
import type { Parameters } from "../results/run-line.ts";

/** What happens to the aggregator while lines are due. */
export type Disturbance =
  /** It is stopped (SIGSTOP) so long, beginning so long after the first line. */
  | { readonly kind: "stall"; readonly afterMs: number; readonly forMs: number }
  /** It is killed (SIGKILL) so long after the first line, and started again at once. */
  | { readonly kind: "restart"; readonly afterMs: number };

/** One load of a scenario. */
export interface Variant {
  /** Unique in the scenario; `-` where there is only one. */
  readonly name: string;
  readonly load: Parameters;
}

/** What `ipc-lab run` measures on each transport: data, one file per scenario, listed in scenarios.ts. */
export interface Scenario {
  readonly name: string;
  /** What it shows, for people. */
  readonly question: string;
  /** The loads; fewer and shorter ones with `--quick`, none if it isn't part of that. */
  readonly variants: readonly Variant[];
  readonly quickVariants: readonly Variant[];
  /** How often each is measured unless `--repeat` says. */
  readonly repeats: number;
  readonly quickRepeats: number;
  /** With `--quick`, too, each cell has a twin with tracers attached, once. */
  readonly isTraced: boolean;
  /** Its cells are there to take stacks, with `--profile`. */
  readonly isProfiled: boolean;
  /** Which times of lines are kept. */
  readonly timeline: "points" | "grid" | undefined;
  readonly aggregatorOptions: readonly string[];
  readonly producerOptions: readonly string[];
  readonly disturbance?: Disturbance;
  /** Instead of one load: the highest rate without loss, by bisection between these. */
  readonly bisection?: { readonly lowest: number; readonly highest: number; readonly steps: number };
  /** Why this variant can't be measured on this transport. */
  excluded(variant: Variant, transport: TransportName): string | undefined;
}

/** What most scenarios have in common. */
export const USUAL: Omit<Scenario, "name" | "question" | "variants"> = {
  quickVariants: [],
  repeats: 5,
  quickRepeats: 3,
  isTraced: false,
  isProfiled: false,
  timeline: undefined,
  aggregatorOptions: [],
  producerOptions: [],
  excluded: () => undefined,
};

/** Five senders and messages of 100 letters, as the original program has them. */
export const USUAL_LOAD: Pick<Parameters, "senders" | "messageBytes" | "linesPerSender"> = {
  senders: 5,
  messageBytes: 100,
  linesPerSender: null,
};

/** With --quick, where starting programs takes most of a cell's time: one sender for each core of the smallest machine. */
export const QUICK_LOAD: typeof USUAL_LOAD = { ...USUAL_LOAD, senders: 2 };

/** bpftrace prints some ten events for each line, and at higher rates it loses some. */
const FOLLOWED_LINES_PER_SECOND_MAX = 1000;

/** Whether lines are so few that a tracer can follow each. */
export function canBeFollowed({ linesPerSecond }: Parameters): boolean {
  return linesPerSecond !== "max" && linesPerSecond <= FOLLOWED_LINES_PER_SECOND_MAX;
}

/** Whether acknowledgements can come back. */
export function hasReplies(transport: TransportName): boolean {
  return REGISTRY[transport].connect !== undefined;
}
