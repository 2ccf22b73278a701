import { QUICK_LOAD, type Scenario, USUAL, USUAL_LOAD, type Variant } from "./scenario.ts";

const RATES = [1000, 10_000, 50_000, 100_000];
const QUICK_RATES = [10_000, 100_000];

function paced(linesPerSecond: number, load: Omit<Variant["load"], "linesPerSecond">): Variant {
  return { name: String(linesPerSecond), load: { ...load, linesPerSecond } };
}

/** Open loop: lines are due by a schedule, whether earlier ones got through or not. */
export const PACED: Scenario = {
  ...USUAL,
  name: "paced",
  question: "How long does a line take at a given rate, and what happens when the rate is too high?",
  variants: RATES.map((rate) => paced(rate, { ...USUAL_LOAD, seconds: 2 })),
  quickVariants: QUICK_RATES.map((rate) => paced(rate, { ...QUICK_LOAD, seconds: 1 })),
};
