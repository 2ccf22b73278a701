/** How a numbered line relates to those before it. */
export type Place = "next" | "late" | "again" | "again, out of order";

/** Which of one producer's numbered lines are in the files, added in the order in which they are read. */
export class StoredSequence {
  #distinct = 0;
  #highest = -1;
  #last = -1;
  /** Ranges below the highest number that haven't been seen, ascending. */
  #gaps: (readonly [first: number, last: number])[] = [];

  get distinct(): number {
    return this.#distinct;
  }

  get highest(): number {
    return this.#highest;
  }

  add(seq: number): Place {
    const before = this.#last;
    this.#last = seq;
    if (seq > this.#highest) {
      if (seq > this.#highest + 1) this.#gaps.push([this.#highest + 1, seq - 1]);
      this.#highest = seq;
      this.#distinct++;
      return "next";
    }
    if (this.#fill(seq)) {
      this.#distinct++;
      return "late";
    }
    return seq <= before + 1 ? "again" : "again, out of order";
  }

  /** Ranges up to and including this number that are not stored. */
  missing(upTo: number): (readonly [first: number, last: number])[] {
    const inside = this.#gaps
      .filter(([first]) => first <= upTo)
      .map(([first, last]) => [first, Math.min(last, upTo)] as const);
    return upTo > this.#highest ? [...inside, [this.#highest + 1, upTo]] : inside;
  }

  #fill(seq: number): boolean {
    const at = this.#gaps.findIndex(([first, last]) => first <= seq && seq <= last);
    const gap = this.#gaps[at];
    if (gap === undefined) return false;
    const rest = [[gap[0], seq - 1] as const, [seq + 1, gap[1]] as const].filter(([first, last]) => first <= last);
    this.#gaps.splice(at, 1, ...rest);
    return true;
  }
}
