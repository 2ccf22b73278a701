import type { FaultRow } from "../../support/fault-row.ts";
import type { FuzzTarget } from "../../support/fuzz/fuzz-target.ts";
import { FUZZ_TARGETS } from "../../support/fuzz/targets.ts";

/** Cases of one call, so that rows take turns. */
const CHUNK = 50_000;

/** The long form of test/property/fuzz.test.ts. A row that hangs doesn't end. */
export const fuzzing: readonly FaultRow[] = FUZZ_TARGETS.map((target) => ({
  name: `security: random ${target.name}`,
  unit: "cases",
  ci: target.short,
  long: target.long,
  chunk: CHUNK,
  obstacle: () => undefined,
  run: async (cases, { random, tally }) => {
    const wrong = tally.fault("wrong");
    wrong.addCases(cases);
    const problem = problemOf(target, cases, random);
    if (problem !== undefined) wrong.note(problem);
  },
}));

function problemOf(target: FuzzTarget, cases: number, random: () => number): string | undefined {
  try {
    target.fuzz((below) => Math.floor(random() * below), cases);
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.message} ${error.cause ?? ""}` : String(error);
  }
}
