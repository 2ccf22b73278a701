import { LINE_FEED } from "../../core/whole-lines.ts";

/** Whole lines that were handed over and are not acknowledged yet. */
interface Held {
  readonly bytes: Buffer;
  /** Number of its first line. */
  readonly first: number;
  readonly lines: number;
}

/** The lines that an acknowledged sender must be able to send again, oldest first. */
export class AckWindow {
  readonly #held: Held[] = [];
  #bytes = 0;
  #next = 0;
  #sent = 0;
  #acknowledged = 0;

  /** Bytes held. A block is held until its last line is acknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of the oldest line that isn't acknowledged. */
  get first(): number {
    return this.#acknowledged;
  }

  /** Number of the line that will come next. */
  get next(): number {
    return this.#next;
  }

  /** Number after the last line that was sent on any connection. */
  get sent(): number {
    return this.#sent;
  }

  get empty(): boolean {
    return this.#acknowledged === this.#next;
  }

  /** Takes whole lines over; they must not change any more. */
  push(bytes: Buffer, lines: number): void {
    this.#held.push({ bytes, first: this.#next, lines });
    this.#next += lines;
    this.#bytes += bytes.length;
  }

  /** All that it holds has been sent. */
  markSent(): void {
    this.#sent = this.#next;
  }

  /** All lines up to this number, which must have been sent, are acknowledged. */
  acknowledge(number: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, number + 1);
    for (let oldest = this.#held[0]; oldest !== undefined; oldest = this.#held[0]) {
      if (oldest.first + oldest.lines > this.#acknowledged) return;
      this.#bytes -= oldest.bytes.length;
      this.#held.shift();
    }
  }

  /** What is held from this line on. */
  *from(number: number): Generator<Buffer> {
    for (const { bytes, first, lines } of this.#held) {
      if (first + lines <= number) continue;
      yield number > first ? bytes.subarray(offsetOf(bytes, number - first)) : bytes;
    }
  }

  /** How many of the lines that aren't acknowledged, up to `last`, are longer than so many bytes, LF not counted. */
  longLines(last: number, lineBytesMax: number): number {
    let count = 0;
    for (const { bytes, first } of this.#held) {
      if (first > last) break;
      if (bytes.length - 1 <= lineBytesMax) continue;
      let number = first;
      for (let at = 0; at < bytes.length && number <= last; number++) {
        const lineEnd = bytes.indexOf(LINE_FEED, at);
        if (number >= this.#acknowledged && lineEnd - at > lineBytesMax) count++;
        at = lineEnd + 1;
      }
    }
    return count;
  }
}

/** Where line `index` begins, counted from 0. */
function offsetOf(bytes: Buffer, index: number): number {
  let start = 0;
  for (let i = 0; i < index; i++) start = bytes.indexOf(LINE_FEED, start) + 1;
  return start;
}
