import { LINE_KIND, type LineCheck, LineChecker } from "./line-checker.ts";
import { RewrittenLines } from "./rewritten-lines.ts";

const CR = 0x0d;
const LF_BYTES = 1;

/**
 * Rewritten lines are stored when there are this many bytes of them: with one write(2), if nothing is queued before
 * them. Longer runs of unchanged lines are stored without a copy.
 */
const STORED_BYTES_MIN = 64 * 1024;

/** The results of normalizing. Counts of lines. */
export interface RecordCounts {
  /** Checked, whatever the result. */
  checked: number;
  /** Stored wrapped, because they aren't JSON objects. */
  wrapped: number;
  /** Dropped because they are blank. */
  blank: number;
}

export function recordCounts(): RecordCounts {
  return { checked: 0, wrapped: 0, blank: 0 };
}

/** Receives whole lines for the file and their number. Borrowed: valid during the call. */
export type Store = (lines: Buffer, count: number) => void;

/** Where the records of a source go. */
export interface RecordOutput {
  readonly store: Store;
  /** The members that wrapped lines get, without braces; called once for a block that has such lines. */
  readonly origin?: () => string;
}

/**
 * Decides which lines of a block enter the file, and in which form. Runs of valid lines pass unchanged, byte for byte.
 */
export class Normalizer {
  readonly #checker: LineChecker;
  readonly #rewritten = new RewrittenLines();
  #origin = "";

  constructor(check: LineCheck) {
    this.#checker = new LineChecker(check);
  }

  normalize(block: Buffer, counts: RecordCounts, { store, origin }: RecordOutput): void {
    const { lines, findings, table } = this.#checker.check(block);
    counts.checked += lines;
    if (findings === 0) {
      store(block, lines);
      return;
    }
    this.#describe(origin?.() ?? "");
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
    // The number of lines is passed with the last call; the sink only sums it up.
    this.#flush(lines - blank, store);
  }

  #describe(origin: string): void {
    if (origin === this.#origin) return;
    this.#origin = origin;
    this.#rewritten.setFields(origin);
  }

  /** Stores a run of valid lines that lies between others. */
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
