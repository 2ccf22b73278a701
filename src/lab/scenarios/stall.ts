import { type Scenario, USUAL, USUAL_LOAD } from "./scenario.ts";

const LOAD = { ...USUAL_LOAD, linesPerSecond: 20_000 };

/** The aggregator stands still for half a second: which lines wait, which senders wait, and what is lost? */
export const STALL: Scenario = {
  ...USUAL,
  name: "stall",
  question: "What happens while the aggregator stands still for half a second?",
  variants: [{ name: "-", load: { ...LOAD, seconds: 2 } }],
  quickVariants: [{ name: "-", load: { ...LOAD, seconds: 1 } }],
  timeline: "grid",
  disturbance: { kind: "stall", afterMs: 250, forMs: 500 },
};
