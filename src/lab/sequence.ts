/** The sequence numbers seen of one producer, as ranges: in-order arrival costs constant memory, however long it lasts. */
export class Sequence {
  /** Disjoint, not touching, ascending; each [first, last]. */
  readonly #ranges: [number, number][] = [];
  #highest = -1;
  #duplicates = 0;
  #reordered = 0;

  /** Distinct numbers seen. */
  get seen(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /** Lines that came after a later one. */
  get reordered(): number {
    return this.#reordered;
  }

  get highest(): number {
    return this.#highest;
  }

  add(number: number): void {
    const last = this.#ranges.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else this.#insert(number);
    if (number > this.#highest) this.#highest = number;
  }

  /** Ranges from 0 to the highest number that never came. */
  gaps(): [number, number][] {
    const gaps: [number, number][] = [];
    let expected = 0;
    for (const [first, last] of this.#ranges) {
      if (first > expected) gaps.push([expected, first - 1]);
      expected = last + 1;
    }
    return gaps;
  }

  #insert(number: number): void {
    const at = this.#after(number);
    const before = this.#ranges[at - 1];
    const behind = this.#ranges[at];
    if (before !== undefined && number <= before[1]) {
      this.#duplicates++;
      return;
    }
    if (number < this.#highest) this.#reordered++;
    const joinsBefore = before?.[1] === number - 1;
    const joinsBehind = behind?.[0] === number + 1;
    if (before !== undefined && behind !== undefined && joinsBefore && joinsBehind) {
      before[1] = behind[1];
      this.#ranges.splice(at, 1);
    } else if (before !== undefined && joinsBefore) before[1] = number;
    else if (behind !== undefined && joinsBehind) behind[0] = number;
    else this.#ranges.splice(at, 0, [number, number]);
  }

  /** Index of the first range that begins after the number. */
  #after(number: number): number {
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
