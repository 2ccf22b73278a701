import { LINE_KIND, LineChecker } from "./line-checker.ts";
import { RewrittenLines } from "./rewritten-lines.ts";

const CR = 0x0d;
const LF_BYTES = 1;

/**
 * Wraps those lines of a block that are not JSON objects, as an aggregator would, and gives them fields that only their
 * sender knows. All other lines stay as they are, byte for byte, blank ones too: what becomes of them is for the
 * aggregator to decide.
 */
export class LineWrapper {
  readonly #checker = new LineChecker("json");
  readonly #rewritten = new RewrittenLines();
  readonly #wrappedBytesMax: number;

  /** @param wrappedBytesMax longest wrapped line, LF included; a line that would be longer stays as it is */
  constructor(wrappedBytesMax: number) {
    this.#wrappedBytesMax = wrappedBytesMax;
  }

  /**
   * @param fields what wrapped lines get: the members of a JSON object, without its braces
   * @returns the block itself where no line is wrapped; otherwise memory that is valid until the next call
   */
  wrap(block: Buffer, fields: string): Buffer {
    const { findings, table } = this.#checker.check(block);
    this.#rewritten.clear();
    this.#rewritten.setFields(fields);
    let copied = 0;
    for (let i = 0; i < 3 * findings; i += 3) {
      if (table[i + 2] !== LINE_KIND.invalid) continue;
      const start = table[i] ?? 0;
      const end = table[i + 1] ?? 0;
      this.#rewritten.copy(block, copied, start);
      this.#wrapLine(block, start, end);
      copied = end + LF_BYTES;
    }
    if (copied === 0) return block;
    this.#rewritten.copy(block, copied, block.length);
    return this.#rewritten.bytes;
  }

  #wrapLine(block: Buffer, start: number, end: number): void {
    const before = this.#rewritten.length;
    const textEnd = end > start && block[end - 1] === CR ? end - 1 : end;
    this.#rewritten.wrapLine(block, start, textEnd);
    if (this.#rewritten.length - before <= this.#wrappedBytesMax) return;
    this.#rewritten.truncate(before);
    this.#rewritten.copy(block, start, end + LF_BYTES);
  }
}
