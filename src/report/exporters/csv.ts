import { isEstimate } from "../reading.ts";
import { READINGS, type ReadingName, type Summary } from "../summary.ts";
import type { Exporter } from "./exporter.ts";

const HEAD = [
  "scenario",
  "variant",
  "transport",
  "implementation",
  "reading",
  "median",
  "low",
  "high",
  "runs",
  "collector",
  "why_blank",
];

/** One row per cell and reading, for spreadsheets and R. */
export const csv: Exporter = {
  fileName: "report.csv",
  content: ({ cells }: Summary) => {
    const names = Object.keys(READINGS) as ReadingName[];
    const rows = cells.flatMap(({ scenario, variant, transport, implementation, readings }) =>
      names.map((name) => {
        const reading = readings[name];
        const cell = [scenario, variant, transport, implementation, name];
        if (!isEstimate(reading)) return [...cell, "", "", "", "", "", reading.why];
        const { median, low, high, runs, by } = reading;
        return [...cell, median, low, high, runs, by, ""];
      }),
    );
    return [HEAD, ...rows].map((row) => `${row.map(quoted).join(",")}\n`).join("");
  },
};

/** What spreadsheets take for a formula at the beginning of a text, as in results that somebody has edited. */
const FORMULA = /^[=+\-@]./;

/** As RFC 4180 says. */
function quoted(value: string | number): string {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
