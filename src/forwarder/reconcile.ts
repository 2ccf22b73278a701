import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Stored } from "./engines/engine.ts";
import type { StoredRun } from "./engines/stored-runs.ts";

/** Bytes of a file, from `start` up to and not including `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
  /** The highest number of the blocks in it. */
  readonly sequence: number;
}

/** Where to go on, after what was acknowledged has been compared with what is stored. */
export interface Resumption {
  /** The name of the file. */
  readonly file: string;
  /** All before it is stored. */
  readonly offset: number;
  /** No block behind the offset has this number or a lower one. */
  readonly sequence: number;
  /** What is stored behind the offset: not to be sent again. */
  readonly stored: readonly Range[];
}

/**
 * Decides where to go on. What is stored and was never acknowledged counts. Where the stream has lost its end, blocks that
 * were acknowledged are sent again.
 *
 * @param inherited blocks of former names of the present file, which has them, under its present name
 */
export function reconcile(checkpoint: Checkpoint, found: Stored, inherited: readonly StoredRun[] = []): Resumption {
  return found.hasLostItsEnd ? refill(checkpoint, found, inherited) : goOn(checkpoint, found, inherited);
}

function goOn({ file, sequence }: Checkpoint, { runs }: Stored, inherited: readonly StoredRun[]): Resumption {
  const own = runsOf([...runs, ...inherited], file.id);
  return { file: file.id, ...advance(own, { offset: file.offset, sequence }) };
}

function refill(
  { file, finished }: Checkpoint,
  { runs, sequence }: Stored,
  inherited: readonly StoredRun[],
): Resumption {
  const known = [...finished, file];
  const at = known.findLastIndex(({ id }) => runs.some((run) => run.file === id));
  const oldest = known[0] ?? file;
  const newest = known[at];
  // The stream has nothing of these files: all of them are sent again.
  if (newest === undefined) return { file: oldest.id, offset: oldest.begin, sequence, stored: [] };
  const own = runsOf(runs, newest.id);
  const first = own[0];
  // What comes before the first block of the list was stored before it.
  const lowest = own.reduce((least, run) => Math.min(least, run.first), sequence);
  const from = { offset: first?.offset ?? 0, sequence: lowest };
  const reached = advance(newest === file ? runsOf([...own, ...inherited], file.id) : own, from);
  const next = known[at + 1];
  // A former name may go further in the stream than the file is the same.
  if (next === undefined || reached.offset < newest.offset) return { ...reached, file: newest.id };
  const rest = next === file ? runsOf(inherited, file.id) : [];
  return { ...advance(rest, { offset: next.begin, sequence: reached.sequence }), file: next.id };
}

/** By offset. */
function runsOf(runs: readonly StoredRun[], file: string): StoredRun[] {
  return runs.filter((run) => run.file === file).sort((a, b) => a.offset - b.offset || a.length - b.length);
}

/**
 * Goes from an offset to the end of what is stored without a gap, and merges what is stored behind it. A block behind a gap may have
 * a lower number than those before it, which were refused at first: so the number stays what it was, until the gap is closed.
 */
function advance(
  runs: readonly StoredRun[],
  from: { readonly offset: number; readonly sequence: number },
): Omit<Resumption, "file"> {
  let { offset, sequence } = from;
  const stored: { start: number; end: number; sequence: number }[] = [];
  for (const run of runs) {
    const end = run.offset + run.length;
    const last = stored.at(-1);
    if (run.offset <= offset) {
      if (end > offset) ({ offset, sequence } = { offset: end, sequence: Math.max(sequence, run.sequence) });
    } else if (last !== undefined && run.offset <= last.end) {
      last.end = Math.max(last.end, end);
      last.sequence = Math.max(last.sequence, run.sequence);
    } else stored.push({ start: run.offset, end, sequence: run.sequence });
  }
  return { offset, sequence: stored.length > 0 ? from.sequence : sequence, stored };
}
