/** One column of a table: its title, width and cells. */
export interface Column<Row> {
  readonly title: string;
  /** Characters. Longer cells move the following cells of their row to the right. */
  readonly width: number;
  readonly align: "left" | "right";
  cell(row: Row): string;
}

/** The table's head: titles and a rule, each line without its LF. */
export function tableHead<Row>(columns: readonly Column<Row>[]): string[] {
  return [
    columns
      .map((column) => pad(column.title, column))
      .join("  ")
      .trimEnd(),
    columns.map((column) => "─".repeat(column.width)).join("  "),
  ];
}

export function tableRow<Row>(columns: readonly Column<Row>[], row: Row): string {
  return columns
    .map((column) => pad(column.cell(row), column))
    .join("  ")
    .trimEnd();
}

/** The same columns, each as wide as its title and its longest cell. */
export function fitted<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Column<Row>[] {
  return columns.map((column) => {
    const lengths = rows.map((row) => column.cell(row).length);
    return { ...column, width: Math.max(column.title.length, ...lengths) };
  });
}

function pad(text: string, { width, align }: { width: number; align: "left" | "right" }): string {
  return align === "left" ? text.padEnd(width) : text.padStart(width);
}
