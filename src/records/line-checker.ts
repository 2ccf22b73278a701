import { FindingTable } from "./wasm/finding-table.ts";
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

/** What a line must be to pass: a JSON object; any text in braces; anything. */
export type LineCheck = "json" | "shape" | "none";

/** Kinds of lines that need attention. All others pass byte for byte. */
export const LINE_KIND: { readonly blank: 1; readonly crlf: 2; readonly invalid: 3 } = {
  blank: 1,
  crlf: 2,
  invalid: 3,
};

/** The result of a check. Owned by the checker, which overwrites it at its next call. */
export interface CheckedBlock {
  /** Lines in the block, whatever their kind. */
  readonly lines: number;
  /** Lines that need attention. */
  readonly findings: number;
  /**
   * Three numbers per finding, in order: offset of the line, offset of its line feed, kind. A CR before the line feed
   * is part of the line. Words after the last finding have no meaning.
   */
  readonly table: Uint32Array;
}

/**
 * Deepest nesting, including the line's own object. JSON.parse has no limit, but readers of the file do (PHP 512,
 * Jackson 1,000, Python about 1,000, Go 10,000). Deeper lines are invalid.
 */
export const JSON_DEPTH_MAX = 512;

/**
 * Longest line, with its LF, that is checked; longer ones are invalid. The module's memory grows to the size of a
 * line.
 */
export const CHECKED_LINE_BYTES_MAX: number = 64 * 1024 * 1024;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Finds the lines that need attention in blocks of whole lines:
 * - blank: nothing but spaces, tabs and CR;
 * - invalid: with "json" anything but a single RFC 8259 object in UTF-8 with optional whitespace around it, that is, a
 *   line that JSON.parse refuses or doesn't turn into an object, or one deeper than JSON_DEPTH_MAX; with "shape" a line
 *   that doesn't start with { and end with } (ignoring one CR at the end); with both a line longer than
 *   CHECKED_LINE_BYTES_MAX; with "none" never;
 * - crlf: would pass, but ends in CR LF.
 * Owns a WebAssembly memory, which is created at the first block. Allocates nothing per line.
 */
export class LineChecker {
  readonly #check: LineCheck;
  readonly #table: FindingTable = new FindingTable();
  readonly #result: { lines: number; findings: number; table: Uint32Array };
  #module: LineModule | undefined;
  #mapAddress = 0;
  // Views of the module's memory, replaced when it grows.
  #bytes: Uint8Array = new Uint8Array(0);
  #words: Uint32Array = new Uint32Array(0);

  constructor(check: LineCheck) {
    this.#check = check;
    this.#result = { lines: 0, findings: 0, table: this.#table.words };
  }

  /**
   * Checks a block, which is only read and not kept.
   *
   * @throws RangeError when the block doesn't end in LF, or when there is no memory for a long line
   */
  check(block: Uint8Array): CheckedBlock {
    if (block.length > 0 && block[block.length - 1] !== LINE_FEED) {
      throw new RangeError("a block of lines must end in LF");
    }
    const result = this.#result;
    result.lines = 0;
    this.#table.clear();
    for (let start = 0; start < block.length; ) {
      const end = windowEnd(block, start);
      if (end - start > CHECKED_LINE_BYTES_MAX) {
        this.#addUnchecked(block, start, end - 1);
        result.lines++;
      } else {
        result.lines += this.#checkWindow(block, start, end);
      }
      start = end;
    }
    result.findings = this.#table.findings;
    result.table = this.#table.words;
    return result;
  }

  /** Copies [start, end) of the block into the module and checks it. @returns the number of its lines */
  #checkWindow(block: Uint8Array, start: number, end: number): number {
    const module = this.#moduleFor(end - start);
    this.#bytes.set(end - start === block.length ? block : block.subarray(start, end), WINDOW_ADDRESS);
    const last = WINDOW_ADDRESS + end - start;
    let lines = 0;
    // The module stops early when its table is full.
    for (let at = WINDOW_ADDRESS; at < last; ) {
      at = this.#run(module, at, last);
      lines += this.#collect(start - WINDOW_ADDRESS);
    }
    return lines;
  }

  #run(module: LineModule, start: number, end: number): number {
    if (this.#check === "json") {
      return module.checkJson(start, end, TABLE_ADDRESS, TABLE_END, this.#mapAddress, CLOSERS_ADDRESS, JSON_DEPTH_MAX);
    }
    return module.checkPlain(start, end, TABLE_ADDRESS, TABLE_END, this.#check === "shape");
  }

  /** Copies the module's findings, moved by `offset`. @returns the number of lines that the module checked */
  #collect(offset: number): number {
    const words = this.#words;
    const [lines = 0, findings = 0] = words;
    for (let at = TABLE_HEADER_WORDS, index = 0; index < findings; index++, at += 3) {
      this.#table.add((words[at] ?? 0) + offset, (words[at + 1] ?? 0) + offset, words[at + 2] ?? 0);
    }
    return lines;
  }

  #moduleFor(windowBytes: number): LineModule {
    this.#module ??= instantiateLineModule();
    const memory = this.#module.memory;
    const mapAddress = WINDOW_ADDRESS + Math.max(windowBytes, WINDOW_BYTES) + PADDING_BYTES;
    if (mapAddress > this.#mapAddress) {
      const missing = mapAddress + mapAddress / 8 + PADDING_BYTES - memory.buffer.byteLength;
      memory.grow(Math.ceil(Math.max(missing, 0) / PAGE_BYTES));
      this.#mapAddress = mapAddress;
      this.#bytes = new Uint8Array(memory.buffer);
      this.#words = new Uint32Array(memory.buffer, TABLE_ADDRESS, TABLE_WORDS);
    }
    return this.#module;
  }

  /** Adds a line that is too long for the module. */
  #addUnchecked(block: Uint8Array, start: number, lineFeed: number): void {
    if (this.#check !== "none") {
      this.#table.add(start, lineFeed, LINE_KIND.invalid);
    } else if (isBlank(block, start, lineFeed)) {
      this.#table.add(start, lineFeed, LINE_KIND.blank);
    } else if (block[lineFeed - 1] === CARRIAGE_RETURN) {
      this.#table.add(start, lineFeed, LINE_KIND.crlf);
    }
  }
}

function isBlank(block: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = block[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== CARRIAGE_RETURN) {
      return false;
    }
  }
  return true;
}
