/** A Markdown table whose first columns name its rows; the others are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], names: number = 1): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map((_, at) => (at < names ? "---|" : "---:|")).join("")}`, ...rows.map(line)].join(
    "\n",
  );
}
