import type { NumbersTable } from "../numbers.ts";
import { otherLoads } from "../other-loads.ts";
import { runtimes } from "../runtimes.ts";
import type { Summary } from "../summary.ts";
import { tracingCost } from "../tracing-cost.ts";
import { numbersTable } from "./numbers.ts";

/** Tables of what no figure shows, each under its question. */
const SECTIONS: readonly {
  readonly id: string;
  readonly question: string;
  readonly tables: (summary: Summary) => readonly NumbersTable[];
}[] = [
  { id: "other-loads", question: "And with other loads?", tables: otherLoads },
  { id: "runtimes", question: "And written in Go?", tables: runtimes },
  { id: "tracing", question: "What does looking cost?", tables: tracingCost },
];

/** The sections of which the run has something. */
export function tableSections(summary: Summary): string {
  return SECTIONS.map(({ id, question, tables }) => {
    const blocks = tables(summary).map((table) => `<div class="numbers">${numbersTable(table, table.caption)}</div>`);
    return blocks.length === 0 ? "" : `<section><h2 id="${id}">${question}</h2>${blocks.join("")}</section>`;
  }).join("");
}
