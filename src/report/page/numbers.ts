import type { NumbersCell, NumbersTable } from "../numbers.ts";
import { seriesClass } from "../plot/series.ts";
import { escaped } from "./markup.ts";

/** A figure's numbers, closed until asked for. */
export function numbersDetails(table: NumbersTable, name: string): string {
  return `<details class="numbers"><summary>The numbers</summary>${numbersTable(table, name)}</details>`;
}

/** The table with its notes, in a box that scrolls sideways. */
export function numbersTable({ caption, head, rows, notes }: NumbersTable, name: string): string {
  const heads = head.map((title, at) => `<th scope="col"${at === 0 ? "" : ' class="r"'}>${escaped(title)}</th>`);
  const body = rows.map(
    (row) =>
      `<tr class="${seriesClass(row.transport)}"><th scope="row" data-v="${escaped(row.name)}" class="c-${row.transport}">${escaped(row.name)}</th>${row.cells.map(cell).join("")}</tr>`,
  );
  const table = `<table data-sorts><caption>${escaped(caption)}</caption><thead><tr>${heads.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
  const below = notes.map((note) => `<p>${escaped(note)}.</p>`).join("");
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(name)}">${table}</div>${below}`;
}

function cell({ text, sort, why }: NumbersCell): string {
  const reason = why === undefined ? "" : ` title="${escaped(why)}"`;
  return `<td class="r" data-v="${sort === null ? "" : escaped(String(sort))}"${reason}>${escaped(text)}</td>`;
}
