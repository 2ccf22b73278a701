import { QUICK_LOAD, type Scenario, USUAL, USUAL_LOAD } from "./scenario.ts";

const RATE = 20_000;

/** The aggregator stands still for half a second: which lines wait, which senders wait, and what is lost? */
export const STALL: Scenario = {
  ...USUAL,
  name: "stall",
  question: "What happens while the aggregator stands still for half a second?",
  variants: [{ name: "-", load: { ...USUAL_LOAD, linesPerSecond: RATE, seconds: 2 } }],
  quickVariants: [{ name: "-", load: { ...QUICK_LOAD, linesPerSecond: RATE, seconds: 1 } }],
  timeline: "grid",
  disturbance: { kind: "stall", afterMs: 250, forMs: 500 },
};
