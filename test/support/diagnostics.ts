/** The warnings among the diagnostics that a program wrote, as JSON lines. */
export function warnings(stderr: string): string[] {
  const lines: { level: string; msg: string }[] = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return lines.filter(({ level }) => level === "warn").map(({ msg }) => msg);
}
