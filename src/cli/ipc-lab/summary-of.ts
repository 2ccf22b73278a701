import { join } from "node:path";
import { RESULTS_NAME, readResults } from "../../lab/results/results-file.ts";
import { readClaims } from "../../lab/summary/claims-file.ts";
import { printableSummary } from "../../lab/summary/printable-summary.ts";
import { summarize } from "../../lab/summary/summarize.ts";
import type { Summary } from "../../report/summary.ts";

/** Where `ipc-lab run` writes without --out. */
export const FOLDER_DEFAULT = "lab-results";

/** The results in a folder, and the claims measured for them, as reports show them, with nothing that a terminal would obey. @throws OperationalError INPUT_UNREADABLE */
export function summaryOf(folder: string): Summary {
  return printableSummary(summarize(readResults(join(folder, RESULTS_NAME)), folder, readClaims(folder)));
}
