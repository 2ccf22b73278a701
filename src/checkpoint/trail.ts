import { type FileMark, isAt } from "./file-mark.ts";

/** A position up to which all was acknowledged, and by which a file that has lost its end is recognised. */
export interface PastPosition extends Pick<FileMark, "offset" | "before"> {
  /** As in a checkpoint with this offset. */
  readonly sequence: number;
}

/** With one position per second, enough for some minutes, because those that are kept are further and further apart. */
const POSITIONS_MAX = 10;

/** Adds a position. Above the limit, one goes whose neighbours are close to each other, measured by how far back they are. */
export function extend(trail: readonly PastPosition[], position: PastPosition): readonly PastPosition[] {
  const all = [...trail, position];
  if (all.length <= POSITIONS_MAX) return all;
  let [leaving, least] = [1, Number.POSITIVE_INFINITY];
  for (let at = 1; at < all.length - 1; at++) {
    const from = all[at - 1]?.offset ?? 0;
    const gap = ((all[at + 1]?.offset ?? 0) - from) / (position.offset - from);
    if (gap < least) [leaving, least] = [at, gap];
  }
  return all.filter((_, at) => at !== leaving);
}

/** The last position that the file still has: its beginning, if it has none of them. @throws the system error */
export function lastIntact(trail: readonly PastPosition[], fd: number): Pick<PastPosition, "offset" | "sequence"> {
  return trail.findLast((position) => isAt(position, fd)) ?? { offset: 0, sequence: 0 };
}
