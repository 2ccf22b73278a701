import type { ProducerEvents, Production } from "../../producer/producer.ts";
import type { UnsentClass } from "../../transports/transport.ts";
import type { Message, Presenters } from "../events.ts";

/** The names of the lines. `numbered`: each carries both names and a number, so a file can be compared with the summary. */
export interface Identity {
  readonly producer: string;
  readonly run: string;
  readonly numbered: boolean;
}

/** What the command reports: what becomes of its lines, and the result. */
export interface ProducerCommandEvents extends ProducerEvents {
  /** Lines wait on standard input, which this run doesn't read. */
  unreadInput(): void;
  /** An aggregator is reached, and the lines wait for a word to begin (--hold). */
  ready(): void;
  done(production: Production, identity: Identity): void;
}

const REASONS: Readonly<Record<UnsentClass, string>> = {
  tooLong: "too long",
  refused: "refused because nobody listened",
  broken: "not taken by an aggregator",
  inDoubt: "in doubt, because the connection was reset",
  unacknowledged: "never acknowledged",
};

/** @param lineBytesMax longest line of standard input or a command, LF not counted */
export function presenters(lineBytesMax: number): Presenters<ProducerCommandEvents> {
  return {
    waiting: (reason) => ({
      log: [{ level: "info", words: `waiting for an aggregator at ${reason}`, fields: {} }],
    }),
    // The progress line shows it.
    shipping: () => ({}),
    tooLong: ({ number, bytes }, bytesMax) =>
      failure(`line ${number} (${bytes} bytes) is longer than the transport takes (${bytesMax}); it is not sent`),
    notStored: (bytesMax) =>
      failure(`the aggregator doesn't store lines longer than ${bytesMax} bytes (its --max-line); some are not stored`),
    unacknowledged: (first, last) =>
      failure(`lines ${first} to ${last} (counted from 0) were never acknowledged`, { first, last }),
    oversize: (before) =>
      failure(`a line after line ${before} is longer than --max-line (${lineBytesMax} bytes); it is not sent`),
    unreadInput: () => ({
      log: [
        {
          level: "warn",
          words: "standard input has data that is not sent, because these lines are generated; did you mean --stdin?",
          fields: {},
        },
      ],
    }),
    ready: () => ({ json: { event: "ready" }, text: ["ready; press Enter to begin"] }),
    done: (production, identity) => {
      const { transport, address, sent, unsent, late, seconds, waitedMs, timetable = null } = production;
      const done = { event: "done", transport, address, ...identity, sent, unsent, late };
      const times = { seconds: rounded(seconds), waitedSeconds: rounded(waitedMs / 1000), timetable };
      return { json: { ...done, ...times }, text: [summary(production)] };
    },
  };
}

/** `sent 50 lines to unixsock /tmp/log.sock in 4.90 s; 2 not sent: too long` */
function summary({ transport, address, sent, unsent, late, seconds }: Production): string {
  const classes = Object.entries(unsent) as [UnsentClass, number][];
  const others = classes.filter(([, lines]) => lines > 0).map(([name, lines]) => `${lines} ${REASONS[name]}`);
  const parts = [
    `sent ${counted(sent, "line")} to ${transport} ${address} in ${seconds.toFixed(2)} s`,
    ...(others.length > 0 ? [`not sent: ${others.join(", ")}`] : []),
    ...(late > 0 ? [`${counted(late, "tick")} came late`] : []),
  ];
  return parts.join("; ");
}

/** To a microsecond. */
function rounded(seconds: number): number {
  return Number(seconds.toFixed(6));
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function failure(words: string, fields: Message["fields"] = {}): { log: Message[] } {
  return { log: [{ level: "error", words, fields }] };
}
