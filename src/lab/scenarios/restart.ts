import { type Scenario, USUAL, USUAL_LOAD } from "./scenario.ts";

/** The aggregator is killed and started again while lines are due: what is lost, and how long until lines arrive again? */
export const RESTART: Scenario = {
  ...USUAL,
  name: "restart",
  question: "What does a crash of the aggregator cost?",
  variants: [{ name: "-", load: { ...USUAL_LOAD, linesPerSecond: 10_000, seconds: 2 } }],
  repeats: 3,
  disturbance: { kind: "restart", afterMs: 700 },
};
