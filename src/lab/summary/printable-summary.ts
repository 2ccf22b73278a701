import { printable } from "../../core/printable.ts";
import type { Summary } from "../../report/summary.ts";

/**
 * The summary with every text made safe to show: results may have been edited, or come from somebody else. Reports of all kinds show
 * them, so it is done once, where results become a summary.
 */
export function printableSummary(summary: Summary): Summary {
  return printableIn(summary) as Summary;
}

function printableIn(value: unknown): unknown {
  if (typeof value === "string") return printable(value);
  if (Array.isArray(value)) return value.map(printableIn);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [printable(name), printableIn(item)]));
}
