import { LINE_KIND, type LineCheck, LineChecker } from "./line-checker.ts";
import { wrapLine } from "./wrap.ts";

const CR = 0x0d;
const LF_BYTES = 1;

/** What happened to the lines that were checked. Counts of lines. */
export interface RecordCounts {
  /** Seen by the check. */
  checked: number;
  /** Stored wrapped, because they are no JSON object. */
  wrapped: number;
  /** Dropped because there is nothing in them. */
  blank: number;
}

export function recordCounts(): RecordCounts {
  return { checked: 0, wrapped: 0, blank: 0 };
}

/** Takes whole lines for the file and their number. Borrowed: valid during the call. */
export type Store = (lines: Buffer, count: number) => void;

/** Decides what of a block enters the file, and in which form. Lines that are fine pass together, byte for byte. */
export class Admission {
  readonly #checker: LineChecker;

  constructor(check: LineCheck) {
    this.#checker = new LineChecker(check);
  }

  admit(block: Buffer, counts: RecordCounts, store: Store): void {
    const { lines, findings, table } = this.#checker.check(block);
    counts.checked += lines;
    if (findings === 0) {
      store(block, lines);
      return;
    }
    let passed = lines - findings;
    let runStart = 0;
    for (let i = 0; i < 3 * findings; i += 3) {
      const start = table[i] ?? 0;
      const end = table[i + 1] ?? 0;
      if (start > runStart) {
        // The number of lines is told with the last run; the sink only adds them up.
        store(block.subarray(runStart, start), 0);
      }
      runStart = end + LF_BYTES;
      passed += this.#mend(block, start, end, table[i + 2] ?? 0, counts, store);
    }
    store(block.subarray(runStart), passed);
  }

  /** Stores a line that needs attention, and returns how many lines that made. */
  #mend(block: Buffer, start: number, end: number, kind: number, counts: RecordCounts, store: Store): number {
    if (kind === LINE_KIND.blank) {
      counts.blank++;
      return 0;
    }
    const hasCr = end > start && block[end - 1] === CR;
    if (kind === LINE_KIND.bad) {
      counts.wrapped++;
      store(wrapLine(block.subarray(start, hasCr ? end - 1 : end)), 0);
      return 1;
    }
    // CR LF: the line without its CR, then an LF of its own.
    store(Buffer.concat([block.subarray(start, end - 1), LINE_END]), 0);
    return 1;
  }
}

const LINE_END = Buffer.from("\n");
