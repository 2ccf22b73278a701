import type { Summary } from "../summary.ts";

/** A kind of report: a file, and a line in exporters.ts. */
export interface Exporter {
  /** Of the file in the results' folder. */
  readonly fileName: string;
  content(summary: Summary): string | Promise<string>;
}
