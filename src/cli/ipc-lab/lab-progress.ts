import type { CellLine } from "../../lab/results/cell-line.ts";
import type { PlannedCell, RunLine } from "../../lab/results/run-line.ts";
import { Pace } from "../../lab/run/pace.ts";
import type { LabEvents } from "../../lab/run/run-lab.ts";
import { SCENARIOS } from "../../lab/scenarios/scenarios.ts";
import { histogramPercentile } from "../../lab/statistics/histogram.ts";
import { LiveLine } from "../live-line.ts";

/** Shows what runs, how far it is, the time left, and the latest figures: a live line on a terminal, and a line per cell. */
export class LabProgress implements LabEvents {
  readonly #out: NodeJS.WriteStream;
  readonly #live: LiveLine;
  readonly #folder: string;
  /** Cells still to be measured. */
  #pending: PlannedCell[] = [];
  #total = 0;
  readonly #pace = new Pace(SCENARIOS);
  #cellMs = 0;

  constructor(out: NodeJS.WriteStream, folder: string) {
    this.#out = out;
    this.#live = new LiveLine(out);
    this.#folder = folder;
  }

  begun({ plan }: RunLine, pending: readonly PlannedCell[]): void {
    this.#pending = [...pending];
    this.#total = plan.length;
    const done = plan.length - pending.length;
    const before = done > 0 ? `, ${done} of them measured before` : "";
    this.#line(`${plan.length} cells${before}; about ${duration(this.#secondsLeft())} left`);
  }

  warmingUp(): void {
    this.#live.draw(() => "warming up");
  }

  cellBegun(cell: PlannedCell): void {
    if (this.#cellMs === 0) this.#cellMs = performance.now();
    const number = this.#total - this.#pending.length + 1;
    this.#live.draw(() => `${number}/${this.#total}  ${cell.id}  ${duration(this.#secondsLeft())} left`);
  }

  cellMeasured(line: CellLine): void {
    this.#next(line);
    this.#line(`${line.id.padEnd(36)} ${figuresOf(line)}`);
  }

  cellFailed(cell: PlannedCell, why: string): void {
    this.#next(cell);
    this.#line(`${cell.id.padEnd(36)} not measured: ${why}`);
  }

  outOfTime(cells: number): void {
    this.#line(`no time is left for ${cells} cells; the same command measures them`);
  }

  end(failures: number, isInterrupted: boolean): void {
    if (isInterrupted) this.#line("interrupted; the same command continues");
    else if (failures > 0) this.#line(`${failures} cells could not be measured; the same command tries them again`);
    if (this.#total > 0) this.#line(`results: ${this.#folder}/results.jsonl`);
  }

  #next(cell: PlannedCell): void {
    this.#pending = this.#pending.filter(({ id }) => id !== cell.id);
    const now = performance.now();
    this.#pace.took(cell, (now - this.#cellMs) / 1000);
    this.#cellMs = now;
  }

  #secondsLeft(): number {
    return this.#pace.secondsFor(this.#pending);
  }

  #line(text: string): void {
    this.#live.clear();
    this.#out.write(`${text}\n`);
  }
}

function figuresOf({ counts, rates, latency }: CellLine): string {
  const { sinceDue, sinceSent } = latency;
  const histogram = sinceDue.value ?? sinceSent.value;
  const at = (share: number): string =>
    histogram === null ? "–" : microseconds(histogramPercentile(histogram, share) ?? 0);
  const lost = counts.offered - counts.stored;
  return `${Math.round(rates.linesPerSecond)} lines/s  p50 ${at(0.5)}  p99 ${at(0.99)}  ${lost} lost`;
}

function microseconds(ns: number): string {
  return ns < 1e6 ? `${Math.round(ns / 1000)} µs` : `${(ns / 1e6).toFixed(1)} ms`;
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
