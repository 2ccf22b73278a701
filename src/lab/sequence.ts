import { SEQUENCE_JUMP_MAX } from "../core/limits.ts";

/** Consecutive numbers, both ends included. */
export type Range = readonly [first: number, last: number];

/** How many ranges may be remembered; shared by all sequences of one account, so that their total memory is bounded. */
export class RangeBudget {
  readonly perSequenceMax: number;
  /** May fall below 0 by one range for each sequence: the first range is always allowed. */
  left: number;

  constructor(totalMax: number, perSequenceMax: number) {
    this.left = totalMax;
    this.perSequenceMax = perSequenceMax;
  }
}

/**
 * The numbers seen of one sequence, as ranges: in-order arrival costs constant memory, however long it lasts.
 * When the budget of ranges is used up, the lowest ranges are forgotten: their gaps stay counted, but a late number
 * in that region can't be placed any more. Such numbers are counted as `unplaced`; without them every count is exact.
 * One number costs at most a search and a move within `perSequenceMax` ranges.
 */
export class Sequence {
  /** Disjoint, not touching, ascending, all above the floor. */
  readonly #ranges: [number, number][] = [];
  readonly #budget: RangeBudget;
  /** Up to this number, gaps are only counted. */
  #floor = -1;
  #seen = 0;
  #duplicates = 0;
  #reordered = 0;
  #unplaced = 0;
  /** Below the floor: missing numbers, the gaps they are in, and jumps. */
  readonly #forgotten = { missing: 0, gaps: 0, jumps: 0 };

  constructor(budget: RangeBudget) {
    this.#budget = budget;
  }

  /** Distinct numbers seen. There may be up to `unplaced` more. */
  get seen(): number {
    return this.#seen;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /** Numbers that came for the first time, but after a higher one. */
  get reordered(): number {
    return this.#reordered;
  }

  /** Numbers that came late for a forgotten region: each is a duplicate or fills a gap. */
  get unplaced(): number {
    return this.#unplaced;
  }

  /** -1 before the first number. */
  get highest(): number {
    return this.#ranges.at(-1)?.[1] ?? this.#floor;
  }

  /** Numbers below the highest that never came, except in jumps: exact without `unplaced` numbers, otherwise a lower bound. */
  get missing(): number {
    const remembered = this.gaps().reduce((sum, [first, last]) => sum + (last - first + 1), 0);
    return Math.max(0, this.#forgotten.missing - this.#unplaced) + remembered;
  }

  /** Gaps that are only counted: gaps() doesn't list them. */
  get forgottenGaps(): number {
    return this.#forgotten.gaps;
  }

  /** Jumps that are only counted: jumps() doesn't list them. */
  get forgottenJumps(): number {
    return this.#forgotten.jumps;
  }

  /** @param number an integer from 0 to 2^53 - 1 */
  add(number: number): void {
    const top = this.#ranges[this.#ranges.length - 1];
    if (top !== undefined && number === top[1] + 1) {
      top[1] = number;
      this.#seen++;
    } else this.#place(number);
  }

  /** Gaps below the highest number, in order. */
  gaps(): Range[] {
    return this.#holes().filter((hole) => !isJump(hole));
  }

  /** Gaps so wide that the number after them was more likely forged or damaged than reached by counting. */
  jumps(): Range[] {
    return this.#holes().filter(isJump);
  }

  /** Distinct numbers seen below this one. Above the highest remembered gap it is exact. */
  seenBelow(limit: number): number {
    const above = this.#ranges.reduce((sum, [first, last]) => sum + Math.max(0, last - Math.max(first, limit) + 1), 0);
    return this.#seen - above;
  }

  #holes(): Range[] {
    const holes: Range[] = [];
    let before = this.#floor;
    for (const [first, last] of this.#ranges) {
      if (first > before + 1) holes.push([before + 1, first - 1]);
      before = last;
    }
    return holes;
  }

  #place(number: number): void {
    if (number <= this.#floor) {
      this.#placeForgotten();
      return;
    }
    const at = this.#indexAfter(number);
    const before = this.#ranges[at - 1];
    const behind = this.#ranges[at];
    if (before !== undefined && number <= before[1]) {
      this.#duplicates++;
      return;
    }
    const joinsBefore = before?.[1] === number - 1;
    const joinsBehind = behind?.[0] === number + 1;
    if (!joinsBefore && !joinsBehind && this.#isFull()) {
      this.#forget();
      this.#place(number);
      return;
    }
    this.#seen++;
    if (behind !== undefined) this.#reordered++;
    if (before !== undefined && behind !== undefined && joinsBefore && joinsBehind) {
      before[1] = behind[1];
      this.#ranges.splice(at, 1);
      this.#budget.left++;
    } else if (before !== undefined && joinsBefore) before[1] = number;
    else if (behind !== undefined && joinsBehind) behind[0] = number;
    else {
      this.#ranges.splice(at, 0, [number, number]);
      this.#budget.left--;
    }
  }

  #placeForgotten(): void {
    if (this.#forgotten.gaps + this.#forgotten.jumps === 0) this.#duplicates++;
    else this.#unplaced++;
  }

  #isFull(): boolean {
    const { length } = this.#ranges;
    return length > 0 && (length >= this.#budget.perSequenceMax || this.#budget.left <= 0);
  }

  /** Forgets the lowest quarter of the ranges: when numbers come nearly in order, their gaps are the least likely to be filled. */
  #forget(): void {
    const forgotten = this.#ranges.splice(0, Math.ceil(this.#ranges.length / 4));
    this.#budget.left += forgotten.length;
    for (const [first, last] of forgotten) {
      const width = first - this.#floor - 1;
      if (width > SEQUENCE_JUMP_MAX) this.#forgotten.jumps++;
      else if (width > 0) {
        this.#forgotten.gaps++;
        this.#forgotten.missing += width;
      }
      this.#floor = last;
    }
  }

  /** Index of the first range that begins after the number. */
  #indexAfter(number: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.[0] ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isJump([first, last]: Range): boolean {
  return last - first >= SEQUENCE_JUMP_MAX;
}
