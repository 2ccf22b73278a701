import { CHECKED_LINE_BYTES_MAX, JSON_DEPTH_MAX } from "./line-checker.ts";
import type { RecordCounts, RecordOutput, Store } from "./normalizer.ts";
import { RewrittenLines } from "./rewritten-lines.ts";
import {
  CLOSERS_ADDRESS,
  PADDING_BYTES,
  PAGE_BYTES,
  TABLE_ADDRESS,
  TABLE_END,
  TABLE_HEADER_WORDS,
  TABLE_WORDS,
  WINDOW_ADDRESS,
  WINDOW_BYTES,
  windowEnd,
} from "./wasm/memory-layout.ts";
import { instantiateLineModule, type LineModule } from "./wasm/module.ts";

/** The member of a record that only the aggregator sets; assembly/reserved.ts knows the name, too. */
const NAME = "_trusted";

/** Longest value of that member: a longer one would let short lines take too much of the file. */
const STAMP_BYTES_MAX = 2048;

/** With the name, the comma before it, the record's closing brace and the LF. */
const MEMBER_BYTES_MAX = STAMP_BYTES_MAX + 32;

/** Stamped lines are stored when there are this many bytes of them: with one write(2) of its best size (WRITE_BYTES). */
const STORED_BYTES_MIN = 256 * 1024;

/** Room for the module's output: what is stored at once, and a window whose lines grow by a half and more. */
const OUTPUT_BYTES: number = 512 * 1024;

/** Between the table and the window. */
const MEMBER_ADDRESS: number = Math.ceil(TABLE_END / 16) * 16;

const CR = 0x0d;
const LF_BYTES = 1;
/** The third word of a finding for a blank line. For an invalid line it is an address in the output. */
const BLANK = 0;

/** Where stamped lines go, and the counts to add to. */
export interface StampedFlow {
  readonly counts: RecordCounts;
  readonly output: RecordOutput;
}

/**
 * Adds the member `_trusted` to each line of a block that is a JSON object, and wraps the other lines with it. A line's
 * own top-level key of that name, however it is spelled, is renamed to `_untrusted`. The lines are checked and written
 * in one pass in WebAssembly.
 */
export class LineStamper {
  readonly #rewritten = new RewrittenLines();
  #module: LineModule | undefined;
  /** Longest window for which there is memory. */
  #windowBytes = 0;
  #mapAddress = 0;
  #outputAddress = 0;
  #outputEnd = 0;
  // Views of the module's memory, replaced when it grows.
  #bytes: Buffer = Buffer.alloc(0);
  #words: Uint32Array = new Uint32Array(0);
  #value = "";
  #wrappedWith = "";
  #memberBytes = 0;
  /** Addresses of the output that isn't stored yet. */
  #from = 0;
  #to = 0;

  /**
   * @param value JSON of at most STAMP_BYTES_MAX bytes
   * @throws RangeError when there is no memory for a long line
   */
  stamp(block: Buffer, value: string, flow: StampedFlow): void {
    const { counts } = flow;
    const { store } = flow.output;
    const blankBefore = counts.blank;
    let lines = 0;
    for (let start = 0; start < block.length; ) {
      const end = windowEnd(block, start);
      this.#reserve(Math.min(end - start, CHECKED_LINE_BYTES_MAX), store);
      this.#setMember(value);
      if (end - start > CHECKED_LINE_BYTES_MAX) {
        this.#wrap(block, start, end - LF_BYTES);
        if (this.#rewritten.length >= STORED_BYTES_MIN) this.#storeRewritten(store);
        counts.wrapped++;
        lines++;
      } else {
        lines += this.#stampWindow(block.subarray(start, end), flow);
      }
      start = end;
    }
    counts.checked += lines;
    this.#flush(lines - (counts.blank - blankBefore), store);
  }

  /** @returns the number of lines */
  #stampWindow(window: Buffer, flow: StampedFlow): number {
    this.#bytes.set(window, WINDOW_ADDRESS);
    const last = WINDOW_ADDRESS + window.length;
    let lines = 0;
    for (let at = WINDOW_ADDRESS; at < last; ) {
      at = this.#run(at, last);
      lines += this.#words[0] ?? 0;
      this.#wrapFindings(window, flow);
      this.#to = this.#module?.outputEnd() ?? 0;
      // Otherwise the module stopped because it had no space left.
      if (at < last || this.#to - this.#from >= STORED_BYTES_MIN) this.#flush(0, flow.output.store);
    }
    return lines;
  }

  #run(start: number, end: number): number {
    const module = this.#module ?? instantiateLineModule();
    return module.stampJson(
      start,
      end,
      TABLE_ADDRESS,
      TABLE_END,
      this.#mapAddress,
      CLOSERS_ADDRESS,
      JSON_DEPTH_MAX,
      this.#to,
      this.#outputEnd,
      MEMBER_ADDRESS,
      this.#memberBytes,
    );
  }

  /** Gives invalid lines their place between those of the output, and counts blank ones. */
  #wrapFindings(window: Buffer, { counts, output }: StampedFlow): void {
    const words = this.#words;
    const findings = words[1] ?? 0;
    for (let at = TABLE_HEADER_WORDS, index = 0; index < findings; index++, at += 3) {
      const place = words[at + 2] ?? 0;
      if (place === BLANK) {
        counts.blank++;
        continue;
      }
      counts.wrapped++;
      this.#rewritten.copy(this.#bytes, this.#from, place);
      this.#from = place;
      this.#wrap(window, (words[at] ?? 0) - WINDOW_ADDRESS, (words[at + 1] ?? 0) - WINDOW_ADDRESS);
      if (this.#rewritten.length >= STORED_BYTES_MIN) this.#storeRewritten(output.store);
    }
  }

  #wrap(block: Buffer, start: number, end: number): void {
    if (this.#wrappedWith !== this.#value) {
      this.#wrappedWith = this.#value;
      this.#rewritten.setFields(`"${NAME}":${this.#value}`);
    }
    this.#rewritten.wrapLine(block, start, end > start && block[end - 1] === CR ? end - 1 : end);
  }

  /** What is copied already, while lines of the output may follow. */
  #storeRewritten(store: Store, count = 0): void {
    store(this.#rewritten.bytes, count);
    this.#rewritten.clear();
  }

  #flush(count: number, store: Store): void {
    if (this.#rewritten.length > 0) {
      this.#rewritten.copy(this.#bytes, this.#from, this.#to);
      this.#storeRewritten(store, count);
    } else if (this.#to > this.#from || count > 0) {
      store(this.#bytes.subarray(this.#from, this.#to), count);
    }
    this.#from = this.#outputAddress;
    this.#to = this.#outputAddress;
  }

  #setMember(value: string): void {
    if (value === this.#value) return;
    this.#value = value;
    const member = `,"${NAME}":${value}}\n`;
    this.#memberBytes = this.#bytes.write(member, MEMBER_ADDRESS, MEMBER_BYTES_MAX);
    if (Buffer.byteLength(member) > MEMBER_BYTES_MAX) throw new RangeError("the member is too long");
  }

  /** Provides memory for a window and for what becomes of it. */
  #reserve(windowBytes: number, store: Store): void {
    if (windowBytes <= this.#windowBytes) return;
    this.#flush(0, store);
    this.#module ??= instantiateLineModule();
    this.#windowBytes = Math.max(windowBytes, WINDOW_BYTES);
    this.#mapAddress = WINDOW_ADDRESS + this.#windowBytes + PADDING_BYTES;
    this.#outputAddress = Math.ceil((this.#mapAddress * 9) / 8) + PADDING_BYTES;
    this.#outputEnd =
      this.#outputAddress + Math.max(OUTPUT_BYTES, Math.ceil(1.25 * this.#windowBytes) + 2 * MEMBER_BYTES_MAX);
    const { memory } = this.#module;
    const missing = this.#outputEnd + PADDING_BYTES - memory.buffer.byteLength;
    memory.grow(Math.ceil(Math.max(missing, 0) / PAGE_BYTES));
    this.#bytes = Buffer.from(memory.buffer);
    this.#words = new Uint32Array(memory.buffer, TABLE_ADDRESS, TABLE_WORDS);
    this.#from = this.#outputAddress;
    this.#to = this.#outputAddress;
  }
}
