import type { Readable } from "node:stream";
import ndjson from "ndjson";

/** What the lab reads of a producer's line. */
export interface ProducedLine {
  readonly producer: string;
  readonly seq: number;
  /** CLOCK_MONOTONIC of the sender, ns. */
  readonly sentAtNs: number;
}

/** Parses JSON lines from a stream and hands on those that a producer of this project wrote; others count as foreign. */
export async function readLines(
  source: Readable,
  each: (line: ProducedLine) => void,
): Promise<{ lines: number; foreign: number }> {
  const counts = { lines: 0, foreign: 0 };
  const parser = source.pipe(ndjson.parse());
  for await (const value of parser) {
    counts.lines++;
    if (isProducedLine(value)) each(value);
    else counts.foreign++;
  }
  return counts;
}

export function isProducedLine(value: unknown): value is ProducedLine {
  return (
    typeof value === "object" &&
    value !== null &&
    "producer" in value &&
    typeof value.producer === "string" &&
    "seq" in value &&
    typeof value.seq === "number" &&
    "sentAtNs" in value &&
    typeof value.sentAtNs === "number"
  );
}
