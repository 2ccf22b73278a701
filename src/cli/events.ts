import { isatty } from "node:tty";
import type { Logger } from "pino";
import { printable, printableJson } from "../core/printable.ts";
import type { LiveLine } from "./live-line.ts";

/** What a program reads of an event. */
export type JsonEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

/** A sentence for the log on stderr. */
export interface Message {
  readonly level: "info" | "warn" | "error";
  readonly words: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How an event is shown. */
export interface Presentation {
  /** For programs: one JSON object on one line. */
  readonly json?: JsonEvent;
  /** For people in place of it: sentences, and the lines of a table. */
  readonly text?: readonly string[];
  /** For the log, unless people have just read it in `text`. */
  readonly repeated?: Message;
  /** For the log. */
  readonly log?: readonly Message[];
}

/** How each event is shown: a presenter for every one, or it doesn't compile. */
export type Presenters<Events> = {
  readonly [Name in keyof Events]: Events[Name] extends (...args: infer Args) => void
    ? (...args: Args) => Presentation
    : never;
};

/** Where a command's events go. */
export interface EventOutput {
  /** stdout or stderr. If it was a terminal and that is gone, events go to stderr as JSON, since that may be a file. */
  readonly stream: NodeJS.WriteStream & { readonly fd: number };
  /** Whether a person reads the stream: sentences and tables instead of JSON. */
  readonly isForPeople: boolean;
  readonly log: Logger;
  /** Whether a person reads the log, too, on the same terminal. */
  readonly isLogForPeople: boolean;
  /** Cleared before each event, also of another stream: the program that reads that may write to this terminal. */
  readonly liveLine?: LiveLine;
}

/** Turns every event into what its presenter says, and writes that. */
export function announcer<Events extends object>(presenters: Presenters<Events>, output: EventOutput): Events {
  const callbacks = Object.entries<(...args: never[]) => Presentation>(presenters).map(([name, present]) => [
    name,
    (...args: never[]) => show(present(...args), output),
  ]);
  return Object.fromEntries(callbacks);
}

function show({ json, text = [], repeated, log = [] }: Presentation, output: EventOutput): void {
  const isGone = output.stream.isTTY === true && !isatty(output.stream.fd);
  const isForPeople = output.isForPeople && !isGone;
  if (isForPeople) write(text.map(printable), output);
  else if (json !== undefined)
    write([printableJson(JSON.stringify(json))], isGone ? { ...output, stream: process.stderr } : output);
  const isRead = isForPeople && output.isLogForPeople && text.length > 0;
  const messages = repeated === undefined || isRead ? log : [repeated, ...log];
  for (const { level, words, fields } of messages) output.log[level](fields, words);
}

function write(lines: readonly string[], { stream, liveLine }: EventOutput): void {
  if (lines.length === 0) return;
  liveLine?.clear();
  stream.write(lines.map((line) => `${line}\n`).join(""));
}
