import { type DestinationStream, type Logger, pino } from "pino";

/** What is the same in every line of one producer. */
export interface LineFields {
  /** This producer's name in its lines; it may be the same in every run. */
  readonly producer: string;
  /** Names this run of the producer: `seq` counts anew in each, so lines are accounted for by both names. */
  readonly run: string;
  readonly message: string;
  /** Only the four fields that any log line has: no producer, run, seq or sentAtNs. */
  readonly plain: boolean;
}

const LEVEL = "INFO";

/** Encodes lines with pino, fields in a fixed order. */
export class LineEncoder {
  readonly #fields: LineFields;
  readonly #logger: Logger;
  #unixSeconds = 0;
  #line = "";

  constructor(fields: LineFields) {
    this.#fields = fields;
    const lines: DestinationStream = {
      write: (line) => {
        this.#line = line;
      },
    };
    // pino begins a line with its level and the time. Here the source comes first and the level after the time, so the
    // source takes the level's place and the level is a field like others.
    this.#logger = pino(
      {
        base: null,
        formatters: { level: () => ({ source: "producer" }) },
        timestamp: () => `,"timestamp":${this.#unixSeconds}`,
      },
      lines,
    );
  }

  get plain(): boolean {
    return this.#fields.plain;
  }

  /** One line with its LF. */
  encode(unixSeconds: number, seq: number, sentAtNs: number): string {
    const { message, plain, producer, run } = this.#fields;
    this.#unixSeconds = unixSeconds;
    this.#logger.info(plain ? { level: LEVEL, message } : { level: LEVEL, message, producer, run, seq, sentAtNs });
    return this.#line;
  }
}

/** A message of `bytes` letters: A to Z, over and over. */
export function alphabetMessage(bytes: number): string {
  return "ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(Math.ceil(bytes / 26)).slice(0, bytes);
}
