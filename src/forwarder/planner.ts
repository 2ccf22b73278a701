import { LINE_FEED } from "../core/whole-lines.ts";
import { BlockBuffers } from "./block-buffers.ts";
import type { LogFile } from "./log-files.ts";
import type { Range } from "./reconcile.ts";
import { TailCheck } from "./tail-check.ts";

export interface PlannerOptions {
  /** Bytes of a block, unless a single line is longer. */
  readonly blockBytes: number;
  /** Longest block of several lines that the engine accepts. */
  readonly blockBytesMax: number;
  /** Longest line that is sent, as a block of its own. */
  readonly lineBytesMax: number;
  readonly unit: Unit;
}

/** What is sent as one: as many lines as fit, or a single one. */
export const UNITS = ["block", "line"] as const;
export type Unit = (typeof UNITS)[number];

/** What comes next in a file. */
export type Cut =
  /** A block of whole lines. */
  | { readonly kind: "block"; readonly offset: number; readonly bytes: Buffer; readonly isFull: boolean }
  /** A line that the engine doesn't accept, or that never ends. */
  | { readonly kind: "tooLong"; readonly offset: number; readonly length: number }
  /** What the engine has already. */
  | { readonly kind: "stored"; readonly offset: number; readonly length: number; readonly sequence: number };

/** The end of each block by its offset, of blocks that follow one another. */
export function endsOf(offset: number, lengths: readonly number[]): Map<number, number> {
  const ends = new Map<number, number>();
  let at = offset;
  for (const length of lengths) {
    ends.set(at, at + length);
    at += length;
  }
  return ends;
}

/** Bytes that are looked at together for the end of a long line. */
const SEARCH_BYTES: number = 1024 * 1024;

/**
 * Cuts a file into blocks of whole lines. Boundaries that were saved are used again, so that a block that may have been sent
 * keeps its id.
 */
export class Planner {
  readonly #file: LogFile;
  readonly #options: PlannerOptions;
  /** End of the block that begins at an offset. */
  readonly #saved: ReadonlyMap<number, number>;
  readonly #stored: readonly Range[];
  readonly #tail: TailCheck;
  readonly #blockBytes: number;
  readonly #buffers: BlockBuffers;
  /** After the last of them, nothing limits a block. */
  readonly #boundariesEnd: number;
  /** Lines that were read together, and their offset. */
  #chunk: { readonly offset: number; readonly bytes: Buffer } = { offset: 0, bytes: Buffer.alloc(0) };

  /** @param known `offset`: where the file goes on; what is before it has just been compared with its mark */
  constructor(
    file: LogFile,
    options: PlannerOptions,
    known: {
      readonly offset: number;
      readonly saved: ReadonlyMap<number, number>;
      readonly stored: readonly Range[];
    },
  ) {
    this.#file = file;
    this.#tail = new TailCheck(file, known.offset);
    this.#options = options;
    this.#saved = known.saved;
    this.#stored = known.stored;
    this.#blockBytes = Math.min(options.blockBytes, options.blockBytesMax);
    this.#buffers = new BlockBuffers(this.#blockBytes);
    this.#boundariesEnd = Math.max(...known.saved.keys(), ...known.stored.map(({ start }) => start), 0);
  }

  /** A block is acknowledged: its bytes are used for another one. */
  release(bytes: Buffer): void {
    this.#buffers.release(bytes);
  }

  /** Lengths of the saved blocks that follow one another from an offset on: those that were sent may still arrive late. */
  savedFrom(offset: number): number[] {
    const lengths: number[] = [];
    for (let at = offset, end = this.#saved.get(at); end !== undefined; at = end, end = this.#saved.get(at))
      lengths.push(end - at);
    return lengths;
  }

  /** Whether the file still has what was cut last. */
  get isIntact(): boolean {
    return this.#tail.isIntact();
  }

  /**
   * @param isFinished nothing will be written to the file any more: an unfinished last line is a line, too
   * @returns undefined where there is no whole line, or the file has lost what was cut before
   */
  cut(offset: number, isFinished: boolean): Cut | undefined {
    const line = this.#lineAt(offset);
    if (line !== undefined) return line;
    const cut = this.#next(offset, isFinished);
    // Looked at after the bytes were read: if it still is the same file, they are what follows.
    if (cut === undefined || !this.isIntact) return undefined;
    if (cut.kind === "block") this.#tail.read(cut.bytes, offset + cut.bytes.length);
    else this.#tail.passed(offset + cut.length);
    const isSaved = cut.kind === "block" && this.#saved.get(offset) === offset + cut.bytes.length;
    if (cut.kind !== "block" || this.#options.unit === "block" || isSaved) return cut;
    this.#chunk = cut;
    return this.#lineAt(offset);
  }

  /** Of the lines that were read together. */
  #lineAt(offset: number): Cut | undefined {
    const { bytes, offset: begin } = this.#chunk;
    const start = offset - begin;
    if (start < 0 || start >= bytes.length) return undefined;
    const end = bytes.indexOf(LINE_FEED, start) + 1;
    return { kind: "block", offset, bytes: bytes.subarray(start, end > 0 ? end : bytes.length), isFull: true };
  }

  #next(offset: number, isFinished: boolean): Cut | undefined {
    const stored = this.#stored.find(({ start }) => start === offset);
    if (stored !== undefined) return { kind: "stored", offset, length: stored.end - offset, sequence: stored.sequence };
    const saved = this.#saved.get(offset);
    const limit = this.#limitAfter(offset);
    const { blockBytesMax, lineBytesMax } = this.#options;
    const wanted = Math.min((saved ?? Number.POSITIVE_INFINITY) - offset, limit - offset);
    const isWanted = wanted <= (saved === undefined ? blockBytesMax : lineBytesMax);
    const found = isWanted ? this.#read(offset, wanted) : undefined;
    if (found?.length === wanted && this.#isAccepted(found))
      return { kind: "block", offset, bytes: found, isFull: true };
    const bytes = this.#take().subarray(0, wanted);
    const read = bytes.subarray(0, this.#file.read(bytes, offset));
    const end = read.lastIndexOf(LINE_FEED) + 1;
    const isFull = read.length === bytes.length;
    if (end * 2 > read.length) return { kind: "block", offset, bytes: read.subarray(0, end), isFull };
    // What is used of it, if anything, is a small part.
    this.#buffers.release(bytes);
    if (end > 0) return { kind: "block", offset, bytes: Buffer.from(read.subarray(0, end)), isFull };
    if (isFull) return this.#longLine(offset, read.length, isFinished);
    return isFinished && read.length > 0 ? { kind: "block", offset, bytes: Buffer.from(read), isFull } : undefined;
  }

  /** Single lines are acknowledged one by one, so the memory that they share is not used again. */
  #take(): Buffer {
    return this.#options.unit === "line" ? Buffer.allocUnsafeSlow(this.#blockBytes) : this.#buffers.take();
  }

  /** The limits may have been others when its boundaries were saved. */
  #isAccepted(block: Buffer): boolean {
    return block.length <= this.#options.blockBytesMax || block.indexOf(LINE_FEED) === block.length - 1;
  }

  /** A line that is longer than a block is a block, if the engine accepts it. */
  #longLine(offset: number, searched: number, isFinished: boolean): Cut | undefined {
    const end = this.#endOfLine(offset + searched, isFinished);
    if (end === undefined) return undefined;
    const length = end - offset;
    if (length > this.#options.lineBytesMax) return { kind: "tooLong", offset, length };
    return { kind: "block", offset, bytes: this.#read(offset, length), isFull: true };
  }

  #read(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    return bytes.subarray(0, this.#file.read(bytes, offset));
  }

  #endOfLine(from: number, isFinished: boolean): number | undefined {
    const bytes = Buffer.allocUnsafe(SEARCH_BYTES);
    for (let at = from; ; at += bytes.length) {
      const read = bytes.subarray(0, this.#file.read(bytes, at));
      const found = read.indexOf(LINE_FEED);
      if (found >= 0) return at + found + 1;
      if (read.length < bytes.length) return isFinished ? at + read.length : undefined;
    }
  }

  /** A block must not reach into the next one that was saved or stored. */
  #limitAfter(offset: number): number {
    if (offset >= this.#boundariesEnd) return Number.POSITIVE_INFINITY;
    let limit = Number.POSITIVE_INFINITY;
    for (const start of this.#saved.keys()) if (start > offset && start < limit) limit = start;
    for (const { start } of this.#stored) if (start > offset && start < limit) limit = start;
    return limit;
  }
}
