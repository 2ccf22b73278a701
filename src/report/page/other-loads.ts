import { otherLoads } from "../other-loads.ts";
import type { Summary } from "../summary.ts";
import { numbersTable } from "./numbers.ts";

/** Tables of the loads that no figure shows; nothing where the run has none of them. */
export function otherLoadsSection(summary: Summary): string {
  const tables = otherLoads(summary);
  if (tables.length === 0) return "";
  const blocks = tables.map((table) => `<div class="numbers">${numbersTable(table, table.caption)}</div>`);
  return `<section><h2 id="other-loads">And with other loads?</h2>${blocks.join("")}</section>`;
}
