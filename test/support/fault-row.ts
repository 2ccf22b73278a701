import type { Tally } from "./fault-tally.ts";

export interface FaultBench {
  /** The built programs' folder: the project's `dist`, or that of a copy with a planted bug. */
  readonly dist: string;
  /**
   * Whether this is the long form, which may be larger as well as longer. It has the machine to itself, so only there
   * may a measured time break the row.
   */
  readonly long: boolean;
  /** From 0 to 1; seeded, and the seed is printed. */
  random(): number;
  /** What the row counts, over all its calls. */
  readonly tally: Tally;
}

/** One fault, tested for real: the suite runs its short form, `npm run torture` its long one. */
export interface FaultRow {
  readonly name: string;
  /** What is counted: "kills", "cycles". */
  readonly unit: string;
  readonly ci: number;
  readonly long: number;
  /** Most rounds of one call of run(), so that files stay small. */
  readonly chunk: number;
  /** Why the row can't be run here; undefined when it can. */
  obstacle(): string | undefined;
  /** Runs so many rounds and counts into the tally, which is judged afterwards. @throws when it can't go on */
  run(rounds: number, bench: FaultBench): Promise<void>;
}

/** mulberry32: small, seeded, good enough to choose moments. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `least` to `most`. */
export function pick(random: () => number, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}
