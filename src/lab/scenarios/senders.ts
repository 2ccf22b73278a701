import { type Scenario, USUAL, USUAL_LOAD, type Variant } from "./scenario.ts";

const SENDERS = [1, 5, 20, 100];
const LINES_PER_SECOND = 10_000;

function from(senders: number): Variant {
  const load = { ...USUAL_LOAD, senders, linesPerSecond: LINES_PER_SECOND, seconds: 2 };
  return { name: String(senders), load };
}

/** The same 10,000 lines/s from 1 to 100 processes. */
export const FROM_SENDERS: Scenario = {
  ...USUAL,
  name: "senders",
  question: "What does the number of senders change?",
  variants: SENDERS.map(from),
  repeats: 3,
};
