import type { CellLine, Timeline } from "../results/cell-line.ts";
import { type Measured, measured, unmeasured } from "../results/measured.ts";
import { Histogram } from "../statistics/histogram.ts";

const NS_PER_MS = 1e6;
/** A heat map of a second and more: finer cells hold too few lines. */
const GRID_MS = 10;
/** A rhythm of 250 lines needs no more; it bounds the line in results.jsonl. */
const POINTS_MAX = 5000;
/** A line that is stored so long after it was due is late: longer than any pause of Node's, shorter than a stall. */
const LATE_MS = 100;

/** When a line was due (undefined without a schedule), sent, and could be read in the file; ns of CLOCK_MONOTONIC. */
export interface LineTimes {
  readonly dueNs: number | undefined;
  readonly sentNs: number;
  readonly seenNs: number;
}

/** Gathers what the times of a cell's lines say. */
export class LineTimings {
  readonly #kept: "points" | "grid" | undefined;
  readonly #startedNs: number;
  readonly #sinceDue = new Histogram();
  readonly #sinceSent = new Histogram();
  readonly #points: [number, number][] = [];
  readonly #cells = new Map<number, [column: number, row: number, lines: number]>();
  readonly #sent: number[] = [];
  readonly #seen: number[] = [];
  #late = 0;

  /** @param kept which times are kept for a timeline @param startedNs when the first line was due or sent */
  constructor(kept: "points" | "grid" | undefined, startedNs: number) {
    this.#kept = kept;
    this.#startedNs = startedNs;
  }

  add({ dueNs, sentNs, seenNs }: LineTimes): void {
    this.#sinceSent.record(seenNs - sentNs);
    this.#sent.push(sentNs);
    this.#seen.push(seenNs);
    if (dueNs === undefined) return;
    const latencyNs = seenNs - dueNs;
    this.#sinceDue.record(latencyNs);
    if (latencyNs > LATE_MS * NS_PER_MS) this.#late++;
    if (this.#kept !== undefined) this.#keep((dueNs - this.#startedNs) / NS_PER_MS, latencyNs);
  }

  /** Lines that were stored more than LATE_MS after they were due. */
  get late(): number {
    return this.#late;
  }

  /** From the first line until the last one was in the file. */
  get seconds(): number {
    return (this.#seen.reduce((last, ns) => Math.max(last, ns), this.#startedNs) - this.#startedNs) / 1e9;
  }

  latency(): CellLine["latency"] {
    const isDue = this.#sinceDue.count > 0;
    return {
      sinceDue: isDue ? measured("lab", this.#sinceDue.data()) : unmeasured("no line that was stored had a schedule"),
      sinceSent: measured("lab", this.#sinceSent.data()),
    };
  }

  /** Lines on their way: how many at most, and on average over the time. */
  inFlight(): Pick<CellLine["queue"], "linesMax" | "linesMean"> {
    const { seconds } = this;
    const waited = this.#sinceSent.data().sum / 1e9;
    return {
      linesMax: measured("lab", mostAtOnce(this.#sent, this.#seen)),
      linesMean: seconds > 0 ? measured("lab", waited / seconds) : unmeasured("no line was stored"),
    };
  }

  timeline(): Measured<Timeline> {
    if (this.#kept === "points") {
      const points = this.#points.sort(([a], [b]) => a - b).slice(0, POINTS_MAX);
      return measured("lab", { kind: "points", points });
    }
    if (this.#kept === undefined) return unmeasured("only reference and stall keep the times of their lines");
    return measured("lab", { kind: "grid", columnMs: GRID_MS, rowMs: GRID_MS, cells: [...this.#cells.values()] });
  }

  #keep(dueMs: number, latencyNs: number): void {
    if (this.#kept === "points") {
      this.#points.push([Math.round(1000 * dueMs) / 1000, Math.round(latencyNs)]);
      return;
    }
    const column = Math.floor(dueMs / GRID_MS);
    const row = Math.floor(latencyNs / (GRID_MS * NS_PER_MS));
    const key = column * 1e6 + row;
    const cell = this.#cells.get(key);
    if (cell === undefined) this.#cells.set(key, [column, row, 1]);
    else cell[2]++;
  }
}

function mostAtOnce(began: readonly number[], ended: readonly number[]): number {
  const begins = Float64Array.from(began).sort();
  const ends = Float64Array.from(ended).sort();
  let most = 0;
  for (let begun = 0, over = 0; begun < begins.length; begun++) {
    while ((ends[over] ?? Number.POSITIVE_INFINITY) <= (begins[begun] ?? 0)) over++;
    if (begun + 1 - over > most) most = begun + 1 - over;
  }
  return most;
}
