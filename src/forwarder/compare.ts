import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { crc32 } from "../checkpoint/crc32.ts";
import { isSameInode } from "../checkpoint/file-mark.ts";
import { countLines, LINE_FEED } from "../core/whole-lines.ts";
import type { Engine, StoredBlock } from "./engines/engine.ts";
import { UNPACKED_BYTES_MAX } from "./engines/packing.ts";
import { type StoredRun, StoredRuns } from "./engines/stored-runs.ts";
import type { LogFile } from "./log-files.ts";

/**
 * Compares stored blocks with the bytes of the present file, from its offset on. File and checkpoint may have been set back
 * together, or the file has lost its end: nothing may be skipped then because a block with this position is stored.
 */
export class Comparison {
  readonly #file: LogFile;
  readonly #mark: Checkpoint["file"];
  /** Of former names of the file. */
  readonly #formers: ReadonlySet<string>;
  readonly #inherited = new StoredRuns();
  #newest = 0;
  /** By the name, the first block in the file that the file doesn't have. */
  readonly #different = new Map<string, StoredBlock>();

  constructor(file: LogFile, { file: mark, finished }: Pick<Checkpoint, "file" | "finished">) {
    this.#file = file;
    this.#mark = mark;
    this.#formers = new Set(finished.filter((each) => isSameInode(each, file.stats)).map(({ id }) => id));
  }

  /** Whether the file doesn't have a block that was sent under its present name. */
  get isChanged(): boolean {
    return this.#different.has(this.#mark.id);
  }

  /** The number of the last block of the file: all others of its names have a lower one. */
  get newest(): number {
    return this.#newest;
  }

  /** To be called with each stored block. @returns false for one of the present name that the file doesn't have */
  isThere(block: StoredBlock): boolean {
    const isOwn = block.file === this.#mark.id;
    const isBehind = block.offset + block.length > this.#mark.offset;
    if (!isBehind || (!isOwn && !this.#formers.has(block.file))) return true;
    this.#newest = Math.max(this.#newest, block.sequence);
    const isSame = isIn(this.#file, block);
    if (!isSame) this.#keepFirst(block);
    else if (!isOwn) this.#inherited.add({ ...block, file: this.#mark.id });
    return isSame || !isOwn;
  }

  /**
   * @param found the blocks for which isThere() was true
   * @returns what of them and of former names' blocks, under its present name, the file has up to the first difference
   * @throws EngineError
   */
  async shared(
    found: readonly StoredRun[],
    engine: Engine,
  ): Promise<{ readonly runs: readonly StoredRun[]; readonly inherited: readonly StoredRun[] }> {
    const { id } = this.#mark;
    const own = this.#different.get(id);
    const isBefore = (run: StoredRun): boolean => run.file !== id || own === undefined || run.offset < own.offset;
    const inherited = [...this.#inherited.list];
    for (const former of this.#formers) inherited.push(...(await this.#common(this.#different.get(former), engine)));
    return { runs: [...found.filter(isBefore), ...(await this.#common(own, engine))], inherited };
  }

  #keepFirst(block: StoredBlock): void {
    const first = this.#different.get(block.file);
    if (first === undefined || block.offset < first.offset) this.#different.set(block.file, block);
  }

  /** The whole lines with which both a block and the file begin at its offset. */
  async #common(block: StoredBlock | undefined, engine: Engine): Promise<StoredRun[]> {
    const bytes = block && (await engine.bytesOf?.(block.sequence));
    if (block === undefined || bytes === undefined) return [];
    const there = Buffer.allocUnsafe(bytes.length);
    const read = there.subarray(0, this.#file.read(there, block.offset));
    let length = 0;
    for (let end = read.indexOf(LINE_FEED) + 1; end > 0; end = read.indexOf(LINE_FEED, end) + 1) {
      if (bytes.compare(read, length, end, length, end) !== 0) break;
      length = end;
    }
    const { offset, sequence } = block;
    const lines = countLines(read.subarray(0, length));
    return length === 0 ? [] : [{ file: this.#mark.id, offset, length, lines, sequence, blocks: 1, first: sequence }];
  }
}

function isIn(file: LogFile, { offset, length, crc }: StoredBlock): boolean {
  // Anyone who may publish can claim any length; no block is longer than this.
  if (length > UNPACKED_BYTES_MAX || offset + length > file.bytes) return false;
  const bytes = Buffer.allocUnsafe(length);
  return file.read(bytes, offset) === length && crc32(bytes) === crc;
}
