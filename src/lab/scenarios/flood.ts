import { QUICK_LOAD, type Scenario, USUAL, USUAL_LOAD, type Variant } from "./scenario.ts";

function flood(load: Omit<Variant["load"], "linesPerSecond">): Variant {
  return { name: "-", load: { ...load, linesPerSecond: "max" } };
}

/** As fast as the senders can. */
export const FLOOD: Scenario = {
  ...USUAL,
  name: "flood",
  question: "How many lines get through when senders don't hold back?",
  variants: [flood({ ...USUAL_LOAD, linesPerSender: 200_000, seconds: 4 })],
  quickVariants: [flood({ ...QUICK_LOAD, linesPerSender: 100_000, seconds: 1 })],
};
