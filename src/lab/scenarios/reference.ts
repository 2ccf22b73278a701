import { type Scenario, USUAL, USUAL_LOAD } from "./scenario.ts";

const LOAD = { ...USUAL_LOAD, linesPerSecond: 50 };

/** The original program's load: 5 producers, each with 10 lines/s, of 100 letters, for 5 s. Slow enough to follow each line. */
export const REFERENCE: Scenario = {
  ...USUAL,
  name: "reference",
  question: "Where does the time of a single line go, and what does it cost?",
  variants: [{ name: "-", load: { ...LOAD, seconds: 5 } }],
  quickVariants: [{ name: "-", load: { ...LOAD, seconds: 2 } }],
  quickRepeats: 1,
  isTraced: true,
  timeline: "points",
};
