/** Marks at one time: so the age of a line is known to 1/128 of the longest wait, or to 1 ms. */
const MARKS_MAX = 256;
/** Iterations of the event loop that begin within this time share a mark, as long as there are fewer than MARKS_MAX. */
const SPACING_MS = 1;

interface Mark {
  /** Of its first byte. */
  readonly position: number;
  readonly atMs: number;
}

/**
 * How long lines wait until they are durable. There is a mark for the bytes that arrived in one iteration of the event
 * loop, or in a few; so a line costs nothing, and the memory is bounded. Positions are bytes since start.
 */
export class DurableTimes {
  readonly #report: (ms: number) => void;
  #marks: Mark[] = [];
  #spacingMs = SPACING_MS;

  /** @param report called with the age of each mark's oldest line when all its lines are durable */
  constructor(report: (ms: number) => void) {
    this.#report = report;
  }

  /** How long the oldest line that isn't durable has waited, milliseconds; 0 where there is none. */
  get waitingMs(): number {
    const [oldest] = this.#marks;
    return oldest === undefined ? 0 : performance.now() - oldest.atMs;
  }

  /** An iteration of the event loop brings bytes. @param position of the first one */
  arrived(position: number): void {
    const atMs = performance.now();
    const last = this.#marks.at(-1);
    if (last !== undefined && atMs - last.atMs < this.#spacingMs) return;
    this.#marks.push({ position, atMs });
    if (this.#marks.length < MARKS_MAX) return;
    this.#marks = this.#marks.filter((_, at) => at % 2 === 0);
    this.#spacingMs *= 2;
  }

  /**
   * What is before a position is durable.
   *
   * @param end of all that has arrived
   */
  durable(upTo: number, end: number): void {
    const now = performance.now();
    for (const { atMs } of this.#take(upTo, end)) this.#report(now - atMs);
  }

  /** What is before a position will never be durable. */
  forget(upTo: number, end: number): void {
    this.#take(upTo, end);
  }

  /** Removes the marks of which all is before a position. */
  #take(upTo: number, end: number): readonly Mark[] {
    const first = this.#marks.findIndex((_, at) => (this.#marks[at + 1]?.position ?? end) > upTo);
    const taken = this.#marks.splice(0, first < 0 ? this.#marks.length : first);
    // After a long wait there is room again, also while lines always wait.
    if (this.#marks.length === 0) this.#spacingMs = SPACING_MS;
    else if (this.#marks.length < MARKS_MAX / 4) this.#spacingMs = Math.max(SPACING_MS, this.#spacingMs / 2);
    return taken;
  }
}
