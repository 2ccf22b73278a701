/** A Markdown table whose first column names its rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map((_, at) => (at === 0 ? "---|" : "---:|")).join("")}`, ...rows.map(line)].join("\n");
}
