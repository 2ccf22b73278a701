/** The dialogue of docs/acknowledgements.md, version 1: what is said, as lines. */

/** How a hello begins, to the byte; any other first line is a log line. */
export const HELLO_START: Buffer = Buffer.from('{"hello":"log-aggregator/');

export const VERSION = "log-aggregator/1";

export const MESSAGE_BYTES_MAX = 1024;

const PRODUCER_BYTES_MAX = 128;

export interface Hello {
  readonly producer: string;
  /** Number of the first line that the sender still holds. */
  readonly first: number;
}

export interface Welcome {
  /** Number of the line that the sender must send next. */
  readonly next: number;
  /** What an acknowledgement means: the aggregator's durability mode. */
  readonly durability: string;
  readonly lineBytesMax: number;
}

/** What an aggregator answers. */
export type Answer =
  | ({ readonly welcome: string } & Welcome)
  | { readonly ack: number }
  | { readonly refused: number; readonly upTo: number }
  | { readonly error: string };

export function encodeMessage(message: Answer | ({ readonly hello: string } & Hello)): Buffer {
  return Buffer.from(`${JSON.stringify(message)}\n`);
}

/** A hello line without its LF, or what is wrong with it. */
export function parseHello(line: string): Hello | string {
  const value = parseObject(line);
  if (value?.["hello"] !== VERSION) return `only ${VERSION} is spoken here`;
  const { producer, first } = value;
  if (typeof producer !== "string" || producer === "" || Buffer.byteLength(producer) > PRODUCER_BYTES_MAX) {
    return `"producer" must be a text of 1 to ${PRODUCER_BYTES_MAX} bytes`;
  }
  if (typeof first !== "number" || !Number.isSafeInteger(first) || first < 0) return '"first" must be a whole number';
  return { producer, first };
}

/** An aggregator's line without its LF; undefined for anything that isn't in the protocol. */
export function parseAnswer(line: string): Answer | undefined {
  const value = parseObject(line);
  if (value === undefined) return undefined;
  const { ack, refused, upTo, error, next, durability, lineBytesMax } = value;
  if (isCount(ack)) return { ack };
  if (isCount(refused) && isCount(upTo)) return { refused, upTo };
  if (typeof error === "string") return { error };
  if (value["welcome"] !== VERSION || !isCount(next) || typeof durability !== "string" || !isCount(lineBytesMax)) {
    return undefined;
  }
  return { welcome: VERSION, next, durability, lineBytesMax };
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
