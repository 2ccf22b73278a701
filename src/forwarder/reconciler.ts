import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { Comparison } from "./compare.ts";
import { type Engine, EngineError, type Stored } from "./engines/engine.ts";
import type { StoredRun } from "./engines/stored-runs.ts";
import type { ForwarderEvents, Tally } from "./events.ts";
import { type Range, reconcile } from "./reconcile.ts";
import type { Source } from "./source.ts";

/** A block that was acknowledged in doubt is looked for this often before it is sent with a new id. */
const LOOKUPS = 3;

export interface ReconcilerParts {
  readonly source: Source;
  readonly tally: Tally;
  readonly events: ForwarderEvents;
  /** Resolves when it is time to look again. */
  readonly rest: () => Promise<void>;
}

/** Compares, at each connection, what was acknowledged with what the engine has and with what the file has. */
export class Reconciler {
  /** Whether a block was acknowledged that may not be stored. */
  isInDoubt = false;
  readonly #parts: ReconcilerParts;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /**
   * Goes to where the engine's content ends, or the file's that both have.
   *
   * @returns what is stored behind that
   * @throws EngineError
   */
  async reconcile(engine: Engine): Promise<readonly Range[]> {
    const { source, events } = this.#parts;
    const { checkpoint } = source;
    if (checkpoint === undefined) return [];
    const comparison = new Comparison(source.file, checkpoint);
    const found = await this.#lookUp(engine, checkpoint, comparison);
    const { runs, inherited } = await comparison.shared(found?.runs ?? [], engine);
    if (!source.isAsOpened()) {
      throw new EngineError("retry", "the file was truncated while the engine was asked what it has");
    }
    if (found === undefined) {
      if (source.hasLoss) source.rename(checkpoint.file.offset, checkpoint.sequence);
      return [];
    }
    const resumption = reconcile(checkpoint, { ...found, runs }, inherited);
    const { file, offset, sequence, stored } = resumption;
    const isMissing = this.isInDoubt && offset === checkpoint.file.offset;
    const { acknowledged, hasLoss } = source;
    if ((hasLoss || comparison.isChanged) && file === checkpoint.file.id) {
      source.rename(offset, stored.length > 0 ? sequence : Math.max(sequence, comparison.newest));
    } else source.resume(resumption, checkpoint.generation + (found.hasLostItsEnd || isMissing ? 1 : 0));
    this.isInDoubt = false;
    if (found.hasLostItsEnd) events.refilling({ file, offset, from: checkpoint.file.offset });
    else this.#countFound([...runs, ...inherited], { from: acknowledged, to: offset, file });
    return stored;
  }

  /** A look-up may be answered by a server that is behind, so a block in doubt is looked for several times. */
  async #lookUp(engine: Engine, checkpoint: Checkpoint, comparison: Comparison): Promise<Stored | undefined> {
    const { file, finished, sequence, first } = checkpoint;
    // A file that had lost its end begins behind what was sent under its former name. Lines that were rejected before the
    // first block move the offset, too, but that message is another program's.
    const sent = sequence === first ? [] : [...finished, file].filter(({ offset }) => offset > 0);
    const from = new Set(sent.map(({ id }) => id));
    const files = new Set([...finished, file].map(({ id }) => id));
    const isThere = comparison.isThere.bind(comparison);
    for (let lookups = 1; ; lookups++) {
      const found = await engine.stored({ sequence, from, files, isThere });
      if (!this.isInDoubt || lookups === LOOKUPS || found === undefined || found.runs.length > 0) return found;
      await this.#parts.rest();
    }
  }

  #countFound(runs: readonly StoredRun[], { from, to, file }: { from: number; to: number; file: string }): void {
    const { tally } = this.#parts;
    for (const run of runs) {
      if (run.file !== file || run.offset < from || run.offset >= to) continue;
      tally.found += run.blocks;
      tally.lines += run.lines;
      tally.bytes += run.length;
    }
  }
}
