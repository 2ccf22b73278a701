import { isUtf8 } from "node:buffer";
import { ESCAPED_BYTES_MAX, writeEscaped } from "./escapes.ts";

const LF = 0x0a;
const RAW = Buffer.from('{"_raw":"');
const RAW_BASE64 = Buffer.from('{"_raw_b64":"');
const CLOSE = Buffer.from('"}\n');

/**
 * Most memory that is kept for the next lines: eight times what is stored at once (STORED_BYTES_MIN, normalizer.ts), so
 * that it is reallocated only after an unusually long line.
 */
const KEPT_BYTES = 512 * 1024;

/** Collects lines that can't be stored without a copy, so that many of them are stored at once. */
export class RewrittenLines {
  #memory: Buffer = Buffer.alloc(0);
  #used = 0;
  /** The end of a wrapped line. */
  #close: Buffer = CLOSE;

  get length(): number {
    return this.#used;
  }

  /** The lines since clear(); valid until the next call. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#used);
  }

  clear(): void {
    this.#used = 0;
    if (this.#memory.length > KEPT_BYTES) this.#memory = Buffer.alloc(0);
  }

  /** Takes back what was added after the first `length` bytes. */
  truncate(length: number): void {
    this.#used = length;
  }

  /** Sets the fields that wrapped lines get from now on: the members of a JSON object, without its braces. */
  setFields(fields: string): void {
    this.#close = fields === "" ? CLOSE : Buffer.from(`",${fields}}\n`);
  }

  /** Adds bytes [start, end) of a block unchanged. */
  copy(block: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    this.#used += block.copy(this.#memory, this.#used, start, end);
  }

  /** Adds a line that is passed without its line end, and an LF. */
  copyLine(block: Buffer, start: number, end: number): void {
    this.copy(block, start, end);
    this.#reserve(1);
    this.#memory[this.#used++] = LF;
  }

  /**
   * Wraps a line that is not a JSON object in one: `{"_raw":"…"}`, or `{"_raw_b64":"…"}` when it isn't UTF-8. Parsing
   * the result restores the line's bytes. The line is passed without its line end.
   */
  wrapLine(block: Buffer, start: number, end: number): void {
    this.#reserve(RAW_BASE64.length + ESCAPED_BYTES_MAX * (end - start) + this.#close.length);
    const line = block.subarray(start, end);
    if (isUtf8(line)) {
      this.#add(RAW);
      this.#used = writeEscaped(this.#memory, this.#used, { bytes: block, start, end });
    } else {
      this.#add(RAW_BASE64);
      this.#used += this.#memory.write(line.toString("base64"), this.#used, "latin1");
    }
    this.#add(this.#close);
  }

  #add(bytes: Buffer): void {
    this.#used += bytes.copy(this.#memory, this.#used);
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#memory.length) return;
    const memory = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#memory.length));
    this.#memory.copy(memory, 0, 0, this.#used);
    this.#memory = memory;
  }
}
