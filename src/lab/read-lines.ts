import { type Readable, Transform } from "node:stream";
import ndjson from "ndjson";

/** What the lab reads of a producer's line. */
export interface ProducedLine {
  readonly producer: string;
  /** The run of the producer in which `seq` was counted; lines without one count as one run. */
  readonly run?: string;
  readonly seq: number;
  /** CLOCK_MONOTONIC of the sender, ns. */
  readonly sentAtNs: number;
  /** Unix time, s. */
  readonly timestamp: number;
}

export interface LineCounts {
  /** Lines, whole ones, whatever is in them. */
  readonly lines: number;
  /** Lines that are no JSON. */
  readonly invalid: number;
  /** JSON lines that no producer of this project wrote. */
  readonly foreign: number;
  /** The source doesn't end with an LF. */
  readonly torn: boolean;
}

const LF = 0x0a;

/** Parses JSON lines from a stream, in constant memory, and hands on those that a producer of this project wrote. */
export async function readLines(source: Readable, each: (line: ProducedLine) => void): Promise<LineCounts> {
  const counter = new LineCounter();
  let parsed = 0;
  let foreign = 0;
  // ndjson skips what it can't parse when it isn't strict; the counter before it tells how many that were.
  const values = source
    .on("error", (error) => counter.destroy(error))
    .pipe(counter)
    .pipe(ndjson.parse({ strict: false }));
  counter.on("error", (error) => values.destroy(error));
  for await (const value of values) {
    parsed++;
    if (isProducedLine(value)) each(value);
    else foreign++;
  }
  const invalid = counter.lines + (counter.torn ? 1 : 0) - parsed;
  return { lines: counter.lines, invalid, foreign, torn: counter.torn };
}

/** Names the sequence that a line's `seq` belongs to, whatever characters are in its two names. */
export function sequenceKey({ producer, run = "" }: ProducedLine): string {
  return `${run.length} ${run}${producer}`;
}

export function isProducedLine(value: unknown): value is ProducedLine {
  return (
    typeof value === "object" &&
    value !== null &&
    "producer" in value &&
    typeof value.producer === "string" &&
    (!("run" in value) || typeof value.run === "string") &&
    "seq" in value &&
    Number.isSafeInteger(value.seq) &&
    "sentAtNs" in value &&
    typeof value.sentAtNs === "number" &&
    "timestamp" in value &&
    typeof value.timestamp === "number"
  );
}

/** Passes bytes on and counts their lines. */
class LineCounter extends Transform {
  lines = 0;
  torn = false;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) this.lines++;
    if (chunk.length > 0) this.torn = chunk[chunk.length - 1] !== LF;
    done(null, chunk);
  }
}
