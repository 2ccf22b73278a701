import { type DestinationStream, type Logger, pino } from "pino";

/** What is the same in all lines of one producer. */
export interface LineFields {
  /** This producer's name in its lines; it may be the same in every run. */
  readonly producer: string;
  /** Names this run of the producer: `seq` starts at 0 in each run, so both names identify a sequence of lines. */
  readonly run: string;
  readonly message: string;
  /** Only the four fields that every log line has: no producer, run, seq or sentAtNs. */
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
    // pino begins a line with the level and the time. These lines begin with the source and have the level after the
    // time, so the source takes the level's place, and the level is an ordinary field.
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

/** A message of `bytes` letters: A to Z, repeated. */
export function alphabetMessage(bytes: number): string {
  return "ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(Math.ceil(bytes / 26)).slice(0, bytes);
}
