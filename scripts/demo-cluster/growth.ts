/** How often growing parts are looked at: pauses are known so exactly. */
export const LOOK_MS = 20;
const SLOT_MS = 500;

/** Something that is written to, and ought to grow all the time. */
export interface Part {
  readonly name: string;
  bytes(): number;
}

/** What is known of a part at the end. */
export interface PartFigures {
  readonly name: string;
  readonly longestPauseSeconds: number;
  readonly bytesPerHalfSecond: readonly number[];
}

interface Watched extends Part {
  last: number;
  /** When it had grown, and by how many bytes. */
  readonly steps: { readonly atMs: number; readonly bytes: number }[];
}

/** Notes when parts grow. */
export class Growth implements Disposable {
  readonly #parts: readonly Watched[];
  #startedMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: readonly Part[]) {
    this.#parts = parts.map((part) => ({ name: part.name, bytes: () => part.bytes(), last: 0, steps: [] }));
  }

  /** Begins, at time 0. */
  start(): void {
    this.#startedMs = performance.now();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  get nowMs(): number {
    return performance.now() - this.#startedMs;
  }

  /**
   * The longest time without growth that begins or goes on in a period, counted from the period's beginning, of the parts with
   * this in their names.
   */
  longestPauseMs(name: string, fromMs: number, toMs: number): number {
    const pauses = this.#parts
      .filter((part) => part.name.includes(name))
      .flatMap(({ steps }) =>
        steps.flatMap(({ atMs }, at) => {
          const before = steps[at - 1]?.atMs ?? atMs;
          return atMs > fromMs && before < toMs ? [atMs - Math.max(before, fromMs)] : [];
        }),
      );
    return Math.max(0, ...pauses);
  }

  /** How much each part grew in each half second, and its longest pause. */
  get figures(): PartFigures[] {
    return this.#parts.map(({ name, steps }) => {
      const bytesPerHalfSecond: number[] = Array(Math.ceil(this.nowMs / SLOT_MS)).fill(0);
      for (const { atMs, bytes } of steps) {
        const slot = Math.floor(atMs / SLOT_MS);
        bytesPerHalfSecond[slot] = (bytesPerHalfSecond[slot] ?? 0) + bytes;
      }
      const longestPauseSeconds = seconds(this.longestPauseMs(name, 0, Number.POSITIVE_INFINITY));
      return { name, longestPauseSeconds, bytesPerHalfSecond };
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const part of this.#parts) {
      const bytes = part.bytes();
      if (bytes > part.last) part.steps.push({ atMs: this.nowMs, bytes: bytes - part.last });
      part.last = Math.max(part.last, bytes);
    }
  }
}

/** Seconds, with as many digits as mean something. */
export function seconds(ms: number): number {
  return Math.round(ms / LOOK_MS) * (LOOK_MS / 1000);
}
