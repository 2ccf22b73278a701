import type { GeneratedLines } from "../../producer/generated-lines.ts";
import type { Tally } from "../../producer/outlet.ts";
import type { RelayedLines } from "../../producer/producer.ts";
import type { LiveLine } from "../live-line.ts";
import { short } from "../short-number.ts";

/** Four times a second: numbers that still can be read. */
const REDRAW_MS = 250;
const BAR_COLUMNS = 20;
/** The fields that a narrow terminal does without, in this order. */
const GO_FIRST = ["bar", "rate", "lines"] as const;

/** How far a producer is. */
export interface Progress {
  readonly sent: number;
  /** Lines that were not sent, whatever the reason. */
  readonly unsent: number;
  /** Since the first line. */
  readonly seconds: number;
}

/** Where a producer ends, whichever comes first; Infinity where nothing does. */
export interface Goal {
  readonly lines: number;
  readonly seconds: number;
}

export function goalOf(lines: GeneratedLines | RelayedLines): Goal {
  if (!("producer" in lines)) return { lines: Number.POSITIVE_INFINITY, seconds: Number.POSITIVE_INFINITY };
  return { lines: lines.linesMax, seconds: lines.durationMs / 1000 };
}

/** The live line of a producer on a terminal. */
export class ProgressLine {
  readonly #line: LiveLine;
  readonly #goal: Goal;
  #timer: NodeJS.Timeout | undefined;

  constructor(line: LiveLine, goal: Goal) {
    this.#line = line;
    this.#goal = goal;
  }

  /** Shows the tally as it grows. */
  begin(tally: Readonly<Tally>): void {
    const startedMs = performance.now();
    const read = (): Progress => ({
      sent: tally.sent,
      unsent: Object.values(tally.unsent).reduce((sum, lines) => sum + lines, 0),
      seconds: (performance.now() - startedMs) / 1000,
    });
    const draw = (): void => this.#line.draw((columns) => formatProgress(read(), this.#goal, columns));
    this.#timer = setInterval(draw, REDRAW_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#line.clear();
  }
}

/** One line of text: a bar, lines, rate, and the time left. Where it is too long for the columns, it has fewer fields. */
export function formatProgress({ sent, unsent, seconds }: Progress, goal: Goal, columns: number): string {
  const rate = seconds > 0 ? (sent + unsent) / seconds : 0;
  const done = Math.min(1, Math.max((sent + unsent) / goal.lines, seconds / goal.seconds) || 0);
  const left = Math.min((goal.lines - sent - unsent) / rate, goal.seconds - seconds);
  const filled = Math.floor(done * BAR_COLUMNS);
  const hasGoal = Number.isFinite(goal.lines) || Number.isFinite(goal.seconds);
  const fields = {
    bar: hasGoal ? `${"█".repeat(filled)}${"░".repeat(BAR_COLUMNS - filled)}` : "",
    percent: hasGoal ? `${Math.floor(done * 100)}%` : "",
    lines: Number.isFinite(goal.lines) ? `${sent} of ${goal.lines} lines` : `${sent} lines`,
    rate: `${short(rate)} lines/s`,
    left: Number.isFinite(left) ? `${formatSeconds(Math.ceil(Math.max(0, left)))} left` : "",
    unsent: unsent > 0 ? `${unsent} not sent` : "",
  };
  const line = (): string => Object.values(fields).filter(Boolean).join("   ");
  for (const field of GO_FIRST) if (line().length > columns) fields[field] = "";
  return line();
}

/** `45s`, `2m 5s`, `1h 3m` */
function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`;
}
