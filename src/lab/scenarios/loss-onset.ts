import { type Scenario, USUAL, USUAL_LOAD } from "./scenario.ts";

const LOWEST = 5000;
const HIGHEST = 640_000;

/** The highest rate at which nothing is lost and nothing is stored late, by bisection. */
export const LOSS_ONSET: Scenario = {
  ...USUAL,
  name: "loss-onset",
  question: "Up to which rate is nothing lost and nothing late?",
  variants: [{ name: "-", load: { ...USUAL_LOAD, linesPerSecond: HIGHEST, seconds: 1 } }],
  repeats: 3,
  bisection: { lowest: LOWEST, highest: HIGHEST, steps: 6 },
};
