import type { AggregateStatus } from "../aggregator/aggregator.ts";
import type { LiveLine } from "./live-line.ts";
import { short } from "./short-number.ts";

/** Four times a second: numbers that still can be read. */
const REDRAW_MS = 250;
/** The fields that a narrow terminal does without, in this order; losses stay. */
const GO_FIRST = ["bytes", "queued", "senders", "rate", "lines"] as const;

/** The live line at the bottom of a terminal: recent input, senders, queued bytes, and losses. */
export class StatusLine {
  readonly #line: LiveLine;
  readonly #read: () => AggregateStatus;
  readonly #timer: NodeJS.Timeout;
  #before: AggregateStatus;
  #at: number;

  constructor(line: LiveLine, read: () => AggregateStatus) {
    this.#line = line;
    this.#read = read;
    this.#before = read();
    this.#at = performance.now();
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#line.clear();
  }

  #draw(): void {
    const now = performance.now();
    const status = this.#read();
    const seconds = (now - this.#at) / 1000;
    const before = this.#before;
    this.#before = status;
    this.#at = now;
    this.#line.draw((columns) => formatStatus(status, before, { seconds, columns }));
  }
}

/** One line of text about the time between two statuses. Where it is too long for the columns, it has fewer fields. */
export function formatStatus(
  now: AggregateStatus,
  before: AggregateStatus,
  { seconds, columns }: { readonly seconds: number; readonly columns: number },
): string {
  const perSecond = (value: number): string => short(Math.max(0, value) / seconds);
  const fields = {
    lines: `${short(now.lines)} lines`,
    rate: `${perSecond(now.lines - before.lines)} lines/s`,
    bytes: `${((now.bytes - before.bytes) / seconds / 1e6).toFixed(1)} MB/s`,
    senders: `${now.senders} ${now.senders === 1 ? "sender" : "senders"}`,
    queued: `${short(now.queuedBytes)}B queued`,
    dropped: `${short(now.dropped)} dropped`,
  };
  const line = (): string => Object.values(fields).filter(Boolean).join("   ");
  for (const field of GO_FIRST) if (line().length > columns) fields[field] = "";
  return line();
}
