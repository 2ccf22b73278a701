import { LINE_FEED } from "../../core/whole-lines.ts";
import type { LineNumber } from "../protocol.ts";

/** Whole lines that are not yet acknowledged. */
interface PendingBlock {
  readonly bytes: Buffer;
  /** Number of its first line. */
  readonly first: LineNumber;
  readonly lines: number;
}

/** Where in a block a line begins; both counted from 0. */
interface LineStart {
  readonly line: number;
  readonly start: number;
}

const BLOCK_START: LineStart = { line: 0, start: 0 };

/** The lines that an acknowledged sender must be able to send again, oldest first. */
export class AckWindow {
  readonly #pending: PendingBlock[] = [];
  #bytes = 0;
  #next: LineNumber = 0;
  #sent: LineNumber = 0;
  #acknowledged: LineNumber = 0;
  /** How far the oldest block has been searched for long lines. */
  #searched = BLOCK_START;

  /** Bytes pending. A block is pending until its last line is acknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of the oldest line that isn't acknowledged. */
  get first(): LineNumber {
    return this.#acknowledged;
  }

  /** Number of the next line. */
  get next(): LineNumber {
    return this.#next;
  }

  /** Number after the last line that was sent on any connection. */
  get sent(): LineNumber {
    return this.#sent;
  }

  get isEmpty(): boolean {
    return this.#acknowledged === this.#next;
  }

  /** Adds whole lines; they must not change afterwards. */
  push(bytes: Buffer, lines: number): void {
    this.#pending.push({ bytes, first: this.#next, lines });
    this.#next += lines;
    this.#bytes += bytes.length;
  }

  /** Notes that all its lines have been sent. */
  markSent(): void {
    this.#sent = this.#next;
  }

  /**
   * Notes that all lines up to this number, which must have been sent, are acknowledged.
   *
   * @returns how many of the newly acknowledged lines are longer than `lineBytesMax`, LF not counted
   */
  acknowledge(number: LineNumber, lineBytesMax: number): number {
    let tooLong = 0;
    for (let oldest = this.#pending[0]; oldest !== undefined && oldest.first <= number; oldest = this.#pending[0]) {
      tooLong += this.#longLines(oldest, number, lineBytesMax);
      if (oldest.first + oldest.lines > number + 1) break;
      this.#bytes -= oldest.bytes.length;
      this.#pending.shift();
      this.#searched = BLOCK_START;
    }
    this.#acknowledged = Math.max(this.#acknowledged, number + 1);
    return tooLong;
  }

  /** The pending bytes from this line on. */
  *from(number: LineNumber): Generator<Buffer> {
    for (const { bytes, first, lines } of this.#pending) {
      if (first + lines <= number) continue;
      yield number > first ? bytes.subarray(offsetOf(bytes, number - first)) : bytes;
    }
  }

  /**
   * Counts the long ones among the oldest block's unacknowledged lines up to this number. Each line is searched at most
   * once.
   */
  #longLines({ bytes, first, lines }: PendingBlock, number: LineNumber, lineBytesMax: number): number {
    // No line is longer than its block, so usual blocks need no search.
    if (bytes.length - 1 <= lineBytesMax) return 0;
    let tooLong = 0;
    let { line, start } = this.#searched;
    for (const end = Math.min(lines, number - first + 1); line < end; line++) {
      const lineEnd = bytes.indexOf(LINE_FEED, start);
      if (first + line >= this.#acknowledged && lineEnd - start > lineBytesMax) tooLong++;
      start = lineEnd + 1;
    }
    this.#searched = { line, start };
    return tooLong;
  }
}

/** Where line `index` begins, counted from 0. */
function offsetOf(bytes: Buffer, index: number): number {
  let start = 0;
  for (let i = 0; i < index; i++) start = bytes.indexOf(LINE_FEED, start) + 1;
  return start;
}
