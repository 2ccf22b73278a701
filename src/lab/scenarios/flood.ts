import { type Scenario, USUAL, USUAL_LOAD, type Variant } from "./scenario.ts";

function flood(linesPerSender: number, seconds: number): Variant {
  return { name: "-", load: { ...USUAL_LOAD, linesPerSecond: "max", seconds, linesPerSender } };
}

/** As fast as the senders can. */
export const FLOOD: Scenario = {
  ...USUAL,
  name: "flood",
  question: "How many lines get through when senders don't hold back?",
  variants: [flood(200_000, 4)],
  quickVariants: [flood(60_000, 1)],
};
