import { isAscii } from "node:buffer";
import { framingCounts } from "../framing/framing.ts";
import { StreamFramer } from "../framing/stream-framer.ts";
import { TailBudget } from "../framing/tail-budget.ts";
import { CHECKED_LINE_BYTES_MAX, LINE_KIND, LineChecker } from "../records/line-checker.ts";
import { type ProducedLine, producedLineIn } from "./produced-line.ts";

export interface LineCounts {
  /** Lines with an LF, whatever their content. */
  readonly lines: number;
  /** Lines that are not a JSON object, by the aggregator's own check. */
  readonly invalid: number;
  /** JSON objects that were not written by a producer of this project. */
  readonly foreign: number;
  /** Lines above the limit, which were not checked. */
  readonly oversize: number;
}

const LF = 0x0a;

/**
 * Reads JSON lines from chunks of bytes and reports those that a producer of this project wrote. Time is linear in the bytes,
 * whatever they are, and memory is bounded by the longest line.
 */
export class LineReader {
  readonly #each: (line: ProducedLine) => void;
  readonly #checker = new LineChecker("json");
  readonly #framing = framingCounts();
  readonly #framer: StreamFramer;
  #lines = 0;
  #invalid = 0;
  #foreign = 0;
  #torn = false;

  /** @param lineBytesMax longest line that is checked, without its LF; at most CHECKED_LINE_BYTES_MAX - 1 */
  constructor(lineBytesMax: number, each: (line: ProducedLine) => void) {
    this.#each = each;
    // There is only one unfinished line at a time, and lineBytesMax bounds it.
    const budget = new TailBudget(Number.POSITIVE_INFINITY);
    const bytesMax = Math.min(lineBytesMax, CHECKED_LINE_BYTES_MAX - 1);
    this.#framer = new StreamFramer({ lineBytesMax: bytesMax, budget, counts: this.#framing }, (block) =>
      this.#read(block),
    );
  }

  push(chunk: Buffer): void {
    this.#framer.push(chunk);
    if (chunk.length > 0) this.#torn = chunk[chunk.length - 1] !== LF;
  }

  /** Ends one source; another may follow. @returns whether it ended inside a line, which is read but not counted in `lines` */
  end(): boolean {
    const torn = this.#torn;
    const before = this.#framing.unterminated;
    this.#framer.end();
    this.#lines -= this.#framing.unterminated - before;
    this.#torn = false;
    return torn;
  }

  /** Abandons the source: an unfinished line doesn't count. */
  abandon(): void {
    this.#framer.discard();
    this.#torn = false;
  }

  get counts(): LineCounts {
    return { lines: this.#lines, invalid: this.#invalid, foreign: this.#foreign, oversize: this.#framing.oversize };
  }

  #read(block: Buffer): void {
    // Empty lines are the cheapest way to make a file of many lines, so they are counted without the check.
    let start = 0;
    while (block[start] === LF) start++;
    this.#lines += start;
    this.#invalid += start;
    if (start < block.length) this.#check(start === 0 ? block : block.subarray(start));
  }

  #check(block: Buffer): void {
    const { lines, findings, table } = this.#checker.check(block);
    this.#lines += lines;
    // In ASCII, byte offsets are also offsets in the text.
    const ascii = isAscii(block) ? block.toString("latin1") : undefined;
    const text = (from: number, to: number): string => ascii?.slice(from, to) ?? block.toString("utf8", from, to);
    let start = 0;
    for (let at = 0; at < 3 * findings; at += 3) {
      if (table[at + 2] === LINE_KIND.crlf) continue;
      this.#invalid++;
      this.#parse(text(start, table[at] ?? 0));
      start = (table[at + 1] ?? 0) + 1;
    }
    this.#parse(text(start, block.length));
  }

  /** Reads lines that are all JSON objects. */
  #parse(text: string): void {
    for (let from = 0, to = text.indexOf("\n"); to >= 0; from = to + 1, to = text.indexOf("\n", from)) {
      const line = producedLineIn(text, from, to);
      if (line === undefined) this.#foreign++;
      else this.#each(line);
    }
  }
}
