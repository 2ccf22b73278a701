/** Most examples kept per fault; further cases are only counted. */
const EXAMPLES_MAX = 3;

/** One promise: how many cases were examined, and how many of them broke it. */
export class Fault {
  #cases = 0;
  #found = 0;
  readonly #examples: string[] = [];

  get found(): number {
    return this.#found;
  }

  get cases(): number {
    return this.#cases;
  }

  /** Notes that so many more cases have been examined. */
  addCases(cases = 1): void {
    this.#cases += cases;
  }

  /** Notes cases that break the promise. @param example what shows it: names, numbers, bytes */
  note(example: string, cases = 1): void {
    this.#found += cases;
    if (this.#examples.length < EXAMPLES_MAX) this.#examples.push(example);
  }

  /** Examines one case. */
  check(sound: boolean, example: () => string): void {
    this.addCases();
    if (!sound) this.note(example());
  }

  get examples(): string {
    return this.#examples.join("; ");
  }
}

interface Figure {
  value: number;
  readonly most: number;
}

/**
 * What a row prints. A promise is printed as "lost 0 of 5000", so no zero comes from nowhere: cases are counted one by
 * one, and a promise without a case breaks the row. What happened and what was measured is printed beside it.
 */
export class Tally {
  readonly #faults = new Map<string, Fault>();
  readonly #figures = new Map<string, Figure>();
  readonly #reasons = new Map<string, string>();

  /** The fault of that name, which this row examines; the same object for the same name. */
  fault(name: string): Fault {
    const known = this.#faults.get(name);
    if (known !== undefined) return known;
    const fault = new Fault();
    this.#faults.set(name, fault);
    return fault;
  }

  /** Says why a promise can't be examined in this row; it is printed as "–" and the reason. */
  uncounted(name: string, reason: string): void {
    this.fault(name);
    this.#reasons.set(name, reason);
  }

  /** Counts what has happened: kills, lines in the file. */
  add(name: string, count = 1): void {
    const { value } = this.#figures.get(name) ?? { value: 0 };
    this.#figures.set(name, { value: value + count, most: Number.POSITIVE_INFINITY });
  }

  /** Keeps the largest value measured. @param most what is allowed */
  measure(name: string, value: number, most: number = Number.POSITIVE_INFINITY): void {
    const before = this.#figures.get(name)?.value ?? Number.NEGATIVE_INFINITY;
    this.#figures.set(name, { value: Math.max(before, value), most });
  }

  /** Every broken promise with examples; empty when the row has passed. */
  broken(): string[] {
    const faults = [...this.#faults].flatMap(([name, { cases, found, examples }]) => {
      if (found > 0) return [`${name} ${found} of ${cases}: ${examples}`];
      return cases === 0 && !this.#reasons.has(name) ? [`${name}: nothing was examined`] : [];
    });
    const figures = [...this.#figures].flatMap(([name, { value, most }]) =>
      value <= most ? [] : [`${name} ${value}, ${most} at most`],
    );
    return [...faults, ...figures];
  }

  toString(): string {
    const figures = [...this.#figures].map(([name, { value }]) => `${name} ${Number(value.toFixed(2))}`);
    const faults = [...this.#faults].map(([name, { cases, found }]) => {
      const reason = cases === 0 ? this.#reasons.get(name) : undefined;
      return reason === undefined ? `${name} ${found} of ${cases}` : `${name} – (${reason})`;
    });
    return [...figures, ...faults].join(", ");
  }
}
