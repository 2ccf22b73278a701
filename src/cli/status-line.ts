import type { AggregateStatus } from "../aggregator/aggregator.ts";

/** Four times a second: numbers that still can be read. */
const REDRAW_MS = 250;
const CLEAR_LINE = "\r\u001b[K";
/** Width of a terminal that doesn't report its own. */
const COLUMNS_UNKNOWN = 80;
const UNITS = ["", "k", "M", "G"] as const;

/** The live line at the bottom of a terminal: recent input, senders, queued bytes, and losses. */
export class StatusLine {
  readonly #terminal: NodeJS.WriteStream;
  readonly #read: () => AggregateStatus;
  readonly #timer: NodeJS.Timeout;
  #before: AggregateStatus;
  #at: number;

  constructor(terminal: NodeJS.WriteStream, read: () => AggregateStatus) {
    this.#terminal = terminal;
    this.#read = read;
    this.#before = read();
    this.#at = performance.now();
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  /** Clears the line, so that something else can be written; the next redraw restores it. */
  clear(): void {
    this.#terminal.write(CLEAR_LINE);
  }

  close(): void {
    clearInterval(this.#timer);
    this.clear();
  }

  #draw(): void {
    const now = performance.now();
    const status = this.#read();
    const seconds = (now - this.#at) / 1000;
    const line = formatStatus(status, this.#before, seconds);
    this.#before = status;
    this.#at = now;
    // Some terminals (a serial line, a pty without a size) don't report how wide they are.
    const columns = this.#terminal.columns || COLUMNS_UNKNOWN;
    this.#terminal.write(CLEAR_LINE + line.slice(0, columns - 1));
  }
}

/** One line of text about the time between two statuses. */
export function formatStatus(now: AggregateStatus, before: AggregateStatus, seconds: number): string {
  const perSecond = (value: number): string => short(Math.max(0, value) / seconds);
  const parts = [
    `${short(now.lines)} lines`,
    `${perSecond(now.lines - before.lines)} lines/s`,
    `${((now.bytes - before.bytes) / seconds / 1e6).toFixed(1)} MB/s`,
    `${now.senders} ${now.senders === 1 ? "sender" : "senders"}`,
    `${short(now.queuedBytes)}B queued`,
    `${short(now.dropped)} dropped`,
  ];
  return parts.join("   ");
}

/** Three digits and a unit: 999, 1.25k, 17.3M. */
function short(value: number): string {
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.5 && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const digits = unit === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)}${UNITS[unit]}`;
}
