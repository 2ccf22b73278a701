import { unmeasured } from "../../src/lab/results/measured.ts";
import type { Results } from "../../src/lab/results/results-file.ts";
import { printableSummary } from "../../src/lab/summary/printable-summary.ts";
import { summarize } from "../../src/lab/summary/summarize.ts";
import type { Summary } from "../../src/report/summary.ts";
import { syntheticResults } from "./synthetic-results.ts";

/** What a terminal would obey, a browser would load, a spreadsheet would compute, and Markdown would link. */
export const HOSTILE = `=1+1\u001b]0;x\u0007\u001b[2J\u202e"><img src=x onerror=alert(1)></script>[a](javascript:x)|\u009b31m\n# x`;

/** Results of which somebody has edited every text that isn't one of a list. */
export function hostileResults(): Results {
  const { run, cells } = syntheticResults({ repeats: 1 });
  const environment = {
    ...run.environment,
    ...{ cpu: HOSTILE, kernel: HOSTILE, governor: HOSTILE },
    ...{ sysctls: { [HOSTILE]: HOSTILE }, versions: { node: HOSTILE, [HOSTILE]: HOSTILE } },
  };
  const skipped = [...run.skipped, { scenario: HOSTILE, variant: HOSTILE, why: HOSTILE }];
  return {
    run: { ...run, run: HOSTILE, startedAt: HOSTILE, environment, skipped },
    cells: cells.map((cell) => ({
      ...cell,
      ...(cell.scenario === "flood" ? { variant: HOSTILE } : {}),
      stages: unmeasured(HOSTILE),
      stacks: unmeasured(HOSTILE),
      blockedSeconds: unmeasured(HOSTILE),
    })),
    failed: [{ kind: "failed", id: HOSTILE, why: HOSTILE }],
  };
}

export function hostileSummary(): Summary {
  const claim = { id: HOSTILE, text: HOSTILE, result: "PASS", measured: HOSTILE, original: HOSTILE } as const;
  return printableSummary(summarize(hostileResults(), "/nonexistent", [claim]));
}
