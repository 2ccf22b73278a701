import { LINE_KIND, type LineCheck, LineChecker } from "./line-checker.ts";
import { RewrittenLines } from "./rewritten-lines.ts";

const CR = 0x0d;
const LF_BYTES = 1;

/** What was rewritten is stored when it is this long: with one write(2), if nothing waits before it. Longer runs stay where they lie. */
const STORED_BYTES_MIN = 64 * 1024;

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
export class Normalizer {
  readonly #checker: LineChecker;
  readonly #rewritten = new RewrittenLines();

  constructor(check: LineCheck) {
    this.#checker = new LineChecker(check);
  }

  normalize(block: Buffer, counts: RecordCounts, store: Store): void {
    const { lines, findings, table } = this.#checker.check(block);
    counts.checked += lines;
    if (findings === 0) {
      store(block, lines);
      return;
    }
    let blank = 0;
    let runStart = 0;
    for (let i = 0; i < 3 * findings; i += 3) {
      const start = table[i] ?? 0;
      const end = table[i + 1] ?? 0;
      const kind = table[i + 2] ?? 0;
      if (start > runStart) this.#pass(block.subarray(runStart, start), store);
      runStart = end + LF_BYTES;
      if (kind === LINE_KIND.blank) {
        blank++;
        continue;
      }
      const textEnd = end > start && block[end - 1] === CR ? end - 1 : end;
      if (kind === LINE_KIND.invalid) {
        counts.wrapped++;
        this.#rewritten.wrapLine(block, start, textEnd);
      } else {
        this.#rewritten.copyLine(block, start, textEnd);
      }
      if (this.#rewritten.length >= STORED_BYTES_MIN) this.#flush(0, store);
    }
    counts.blank += blank;
    if (runStart < block.length) this.#pass(block.subarray(runStart), store);
    // The number of lines is told with the last of them; the sink only adds them up.
    this.#flush(lines - blank, store);
  }

  /** Lines that are fine, between others. */
  #pass(run: Buffer, store: Store): void {
    if (run.length < STORED_BYTES_MIN) {
      this.#rewritten.copy(run, 0, run.length);
      return;
    }
    this.#flush(0, store);
    store(run, 0);
  }

  #flush(count: number, store: Store): void {
    if (this.#rewritten.length > 0 || count > 0) store(this.#rewritten.bytes, count);
    this.#rewritten.clear();
  }
}
