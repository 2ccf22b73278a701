import type { StoredBlock } from "./engine.ts";

/** Blocks of a file that were stored one behind the other, without a gap between them. */
export interface StoredRun extends Omit<StoredBlock, "crc"> {
  readonly blocks: number;
  /** The number of its first block; `sequence` is that of the last one. */
  readonly first: number;
}

type GrowingRun = { -readonly [Key in keyof StoredRun]: StoredRun[Key] };

/**
 * Joins blocks as they are read from a stream, so that their number doesn't matter: a run takes as much memory as a block,
 * and ends only where bytes of the file are missing, were stored before, or come later.
 */
export class StoredRuns {
  readonly #runs: GrowingRun[] = [];
  /** The latest run of each file. */
  readonly #latest = new Map<string, GrowingRun>();

  /** In the order of their first blocks. */
  get list(): readonly StoredRun[] {
    return this.#runs;
  }

  /** To be called in the stream's order. */
  add(block: StoredBlock): void {
    const { file, offset, length, lines, sequence } = block;
    const run = this.#latest.get(file);
    if (run === undefined || run.offset + run.length !== offset) {
      const begun = { file, offset, length, lines, sequence, blocks: 1, first: sequence };
      this.#latest.set(file, begun);
      this.#runs.push(begun);
      return;
    }
    run.length += length;
    run.lines += lines;
    run.sequence = sequence;
    run.blocks++;
  }
}
