import type { LiveLine } from "../live-line.ts";
import { short } from "../short-number.ts";

/** Four times a second: numbers that still can be read. */
const REDRAW_MS = 250;
/** The fields that a narrow terminal does without, in this order. */
const GO_FIRST = ["lines", "rate"] as const;

/** How far a forwarder is. */
export interface Lag {
  readonly lines: number;
  readonly bytes: number;
  /** Null while it isn't known. */
  readonly backlogBytes: number | null;
}

/** The live line of a forwarder on a terminal. */
export class LagLine {
  readonly #line: LiveLine;
  readonly #read: () => Lag;
  readonly #timer: NodeJS.Timeout | undefined;
  #before: Lag;
  #atMs = performance.now();

  constructor(line: LiveLine, read: () => Lag) {
    this.#line = line;
    this.#read = read;
    this.#before = { lines: 0, bytes: 0, backlogBytes: null };
    if (line.isPossible) this.#timer = setInterval(() => this.#draw(), REDRAW_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#line.clear();
  }

  #draw(): void {
    const now = this.#read();
    const atMs = performance.now();
    const seconds = (atMs - this.#atMs) / 1000;
    const bytesPerSecond = (now.bytes - this.#before.bytes) / seconds;
    this.#before = now;
    this.#atMs = atMs;
    this.#line.draw((columns) => formatLag(now, bytesPerSecond, columns));
  }
}

/** One line of text: lines, rate, what is left, and for how long at this rate. */
export function formatLag({ lines, backlogBytes }: Lag, bytesPerSecond: number, columns: number): string {
  const secondsLeft = backlogBytes === null ? Number.NaN : Math.ceil(backlogBytes / bytesPerSecond);
  const fields = {
    lines: `${short(lines)} lines`,
    rate: `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`,
    backlog: backlogBytes === null ? "" : `${short(backlogBytes)}B behind`,
    left: Number.isFinite(secondsLeft) && secondsLeft > 1 ? `${short(secondsLeft)}s left` : "",
  };
  const line = (): string => Object.values(fields).filter(Boolean).join("   ");
  for (const field of GO_FIRST) if (line().length > columns) fields[field] = "";
  return line();
}
