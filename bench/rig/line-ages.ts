import { readFileSync } from "node:fs";
import type { FileGrowth } from "../../src/lab/cell/file-growth.ts";
import { Histogram, type HistogramData } from "../../src/lab/statistics/histogram.ts";

/** Where load-generator.c writes the time, and its digits after the first, which is constant. */
const TIME_AT = 29;
const TIME_DIGITS = 19;

/** How old each of the load generator's lines was when it could be read in the file, ns. */
export function lineAges(path: string, lineBytes: number, growth: FileGrowth): HistogramData {
  const ages = new Histogram();
  const seenAt = growth.clock();
  const content = readFileSync(path, "latin1");
  for (let end = lineBytes; end <= content.length; end += lineBytes) {
    const time = end - lineBytes + TIME_AT;
    ages.record(seenAt(end) - Number(content.slice(time + 1, time + TIME_DIGITS)));
  }
  return ages.data();
}
