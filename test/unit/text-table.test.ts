import { expect, test } from "vitest";
import { type Column, tableHead, tableRow } from "../../src/report/text-table.ts";

interface Row {
  readonly name: string;
  readonly count: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "name", width: 6, align: "left", cell: (row) => row.name },
  { title: "lines", width: 5, align: "right", cell: (row) => String(row.count) },
  { title: "note", width: 4, align: "left", cell: () => "" },
];

test("titles stand above a rule as wide as their columns, two blanks apart", () => {
  expect(tableHead(COLUMNS)).toEqual(["name    lines  note", "──────  ─────  ────"]);
});

test("cells are padded on the side that their column says, and no line ends in blanks", () => {
  expect(tableRow(COLUMNS, { name: "fifo", count: 42 })).toBe("fifo       42");
});

test("a cell that is too long is printed whole", () => {
  expect(tableRow(COLUMNS, { name: "unixgram", count: 1_000_000 })).toBe("unixgram  1000000");
});

test("a table without columns is empty lines", () => {
  expect([...tableHead([]), tableRow([], 1)]).toEqual(["", "", ""]);
});
