import type { Parameters } from "../results/run-line.ts";
import { type Scenario, USUAL, USUAL_LOAD } from "./scenario.ts";

/** One line per send, so that the CPU time of a send is that of a line. Enough of them for 99 samples per second. */
const LOAD: Omit<Parameters, "seconds"> = { ...USUAL_LOAD, linesPerSecond: 50_000 };

/** Only with `--profile`: stacks of both sides, on and off the processor. */
export const PROFILE: Scenario = {
  ...USUAL,
  name: "profile",
  question: "What does a send do inside the kernel? (only with --profile)",
  variants: [{ name: "-", load: { ...LOAD, seconds: 15 } }],
  quickVariants: [{ name: "-", load: { ...LOAD, seconds: 5 } }],
  repeats: 1,
  quickRepeats: 1,
  isProfiled: true,
  producerOptions: ["--batch", "1"],
};
