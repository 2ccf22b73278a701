import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { type ProducedLine, readLines, sequenceKey } from "./read-lines.ts";
import { Sequence } from "./sequence.ts";

/** What the files say about one run of one producer. */
export interface ProducerVerdict {
  readonly producer: string;
  /** Empty for lines that name no run. */
  readonly run: string;
  /** Distinct lines. */
  readonly lines: number;
  readonly duplicates: number;
  /** Lines behind a later one. */
  readonly reordered: number;
  readonly lost: number;
  /** Missing numbers, [first, last] each. What came after the highest number can't be known from the files. */
  readonly lostRanges: readonly (readonly [number, number])[];
  /** Unix time of the first and the last line sent, s. */
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface Verdict {
  readonly lines: number;
  /** Lines that are no JSON. */
  readonly invalid: number;
  /** JSON lines that no producer of this project wrote, wrapped ones among them. */
  readonly foreign: number;
  /** Files whose last line has no end. */
  readonly torn: readonly string[];
  readonly producers: readonly ProducerVerdict[];
  /** Nothing lost, duplicated, reordered, invalid or torn. */
  readonly whole: boolean;
}

interface Trace {
  readonly producer: string;
  readonly run: string;
  readonly sequence: Sequence;
  firstAt: number;
  lastAt: number;
}

/**
 * Reads files in the order given (rotated ones first) and accounts for the sequence numbers of every producer's runs.
 * Files of any size, in memory that grows only with the number of runs and of gaps. `.gz` files are read through gunzip.
 *
 * @throws the system error of a file that can't be read
 */
export async function verify(paths: readonly string[]): Promise<Verdict> {
  const traces = new Map<string, Trace>();
  const torn: string[] = [];
  const total = { lines: 0, invalid: 0, foreign: 0 };
  for (const path of paths) {
    const counts = await readLines(open(path), (line) => note(traces, line));
    total.lines += counts.lines;
    total.invalid += counts.invalid;
    total.foreign += counts.foreign;
    if (counts.torn) torn.push(path);
  }
  const producers = [...traces.values()].map(judge);
  const flawed = producers.some(({ lost, duplicates, reordered }) => lost + duplicates + reordered > 0);
  return { ...total, torn, producers, whole: !flawed && total.invalid === 0 && torn.length === 0 };
}

function open(path: string): Readable {
  const file = createReadStream(path);
  if (!path.endsWith(".gz")) return file;
  const gunzip = createGunzip();
  file.on("error", (error) => gunzip.destroy(error));
  return file.pipe(gunzip);
}

function note(traces: Map<string, Trace>, line: ProducedLine): void {
  const { producer, run = "", seq, timestamp } = line;
  const key = sequenceKey(line);
  let trace = traces.get(key);
  if (trace === undefined) {
    trace = { producer, run, sequence: new Sequence(), firstAt: timestamp, lastAt: timestamp };
    traces.set(key, trace);
  }
  trace.sequence.add(seq);
  trace.firstAt = Math.min(trace.firstAt, timestamp);
  trace.lastAt = Math.max(trace.lastAt, timestamp);
}

function judge({ producer, run, sequence, firstAt, lastAt }: Trace): ProducerVerdict {
  const lostRanges = sequence.gaps();
  return {
    producer,
    run,
    lines: sequence.seen,
    duplicates: sequence.duplicates,
    reordered: sequence.reordered,
    lost: lostRanges.reduce((sum, [first, last]) => sum + last - first + 1, 0),
    lostRanges,
    firstAt,
    lastAt,
  };
}
