import type { Parameters } from "../results/run-line.ts";
import { PACED } from "./paced.ts";
import { REFERENCE } from "./reference.ts";
import type { Scenario } from "./scenario.ts";
import { SLOW_RECEIVER } from "./slow-receiver.ts";

/** What the user of the demo chooses. */
export interface DemoLoad {
  readonly senders: number;
  readonly messageBytes: number;
  readonly linesPerSender: number;
  /** Between two lines of one sender. */
  readonly intervalMs: number;
}

/** By which transports are compared: long enough for a p99, short enough to be repeated within the demo's 30 s. */
const JUDGED = { linesPerSecond: 10_000, seconds: 0.5 };
const REPEATS = 3;

/** The first is the load of the demo's table, the second that of its verdict. */
export function demoScenarios(load: DemoLoad): readonly [shown: Scenario, judged: Scenario] {
  const { senders, intervalMs, ...lines } = load;
  const shown = { senders, ...lines, seconds: null, linesPerSecond: (1000 * senders) / intervalMs };
  return [withLoad(REFERENCE, shown, 1), judged(load, REPEATS)];
}

/** The same with an aggregator that stands still. */
export function slowReceiverScenarios(
  load: Pick<DemoLoad, "senders" | "messageBytes">,
): readonly [shown: Scenario, judged: Scenario] {
  const [usual] = SLOW_RECEIVER.variants;
  if (usual === undefined) throw new RangeError("a scenario has a load");
  const { senders, messageBytes } = load;
  return [withLoad(SLOW_RECEIVER, { ...usual.load, senders, messageBytes }, 1), judged(load, 1)];
}

function judged({ senders, messageBytes }: Pick<DemoLoad, "senders" | "messageBytes">, repeats: number): Scenario {
  return withLoad(PACED, { ...JUDGED, senders, messageBytes, linesPerSender: null }, repeats);
}

function withLoad(scenario: Scenario, load: Parameters, repeats: number): Scenario {
  const variants = [{ name: "-", load }];
  return { ...scenario, variants, quickVariants: variants, repeats, quickRepeats: repeats, isTraced: false };
}
