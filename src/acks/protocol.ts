import { isUtf8 } from "node:buffer";
import type { Quantity } from "../core/quantity.ts";

/** The messages of docs/acknowledgements.md, version 1. */

/** The exact bytes with which a hello begins; any other first line is a log line. */
export const HELLO_START: Buffer = Buffer.from('{"hello":"log-aggregator/');

export const VERSION = "log-aggregator/1";

/** Longest message, with its LF; docs/acknowledgements.md promises it. */
export const MESSAGE_BYTES_MAX = 1024;

/** Longest name of a producer, in UTF-8; docs/acknowledgements.md promises it. */
export const PRODUCER_BYTES_MAX = 128;

/** The number of a line in its sequence, counted from 0. */
export type LineNumber = Quantity<"line number">;

const RUN = /^[A-Za-z0-9._-]{1,64}$/;

/** Highest `first`. Numbers are exact up to 2^53, so at least 2^52 lines may follow. */
const FIRST_MAX = 2 ** 52;

export interface Hello {
  readonly producer: string;
  /** Names one run of the producer, in which its lines are numbered from 0. */
  readonly run: string;
  /** Number of the oldest line that the sender still has pending. */
  readonly first: LineNumber;
}

export interface Welcome {
  /** Number of the line that the sender must send next. */
  readonly next: LineNumber;
  /** What an acknowledgement means: the aggregator's durability mode. */
  readonly durability: string;
  readonly lineBytesMax: number;
}

/** Why a connection ends. The text is for people; `retry` says whether another connection can help. */
export interface Refusal {
  readonly error: string;
  readonly retry: boolean;
}

/** What an aggregator answers. */
export type Answer =
  | ({ readonly welcome: string } & Welcome)
  | { readonly ack: LineNumber }
  | { readonly refused: number; readonly upTo: LineNumber }
  | Refusal;

export function encodeMessage(message: Answer | ({ readonly hello: string } & Hello)): Buffer {
  return Buffer.from(`${JSON.stringify(message)}\n`);
}

/** Parses a hello line without its LF. @returns the hello, or what is wrong with it */
export function parseHello(line: Buffer): Hello | string {
  // All bytes that aren't UTF-8 would become the same character, so different names would become the same name.
  const value = isUtf8(line) ? parseObject(line.toString()) : undefined;
  if (value === undefined) return "a hello must be a JSON object in UTF-8";
  const { hello, producer, run, first } = value;
  if (hello !== VERSION) return `only ${VERSION} is supported here`;
  if (typeof producer !== "string" || producer === "" || Buffer.byteLength(producer) > PRODUCER_BYTES_MAX) {
    return `"producer" must be a string of 1 to ${PRODUCER_BYTES_MAX} bytes`;
  }
  if (typeof run !== "string" || !RUN.test(run)) return '"run" must be 1 to 64 of the characters A-Z a-z 0-9 . _ -';
  if (!isCount(first) || first > FIRST_MAX) return '"first" must be a whole number from 0 to 2^52';
  return { producer, run, first };
}

/** Parses an aggregator's line without its LF; undefined for anything that isn't in the protocol. */
export function parseAnswer(line: string): Answer | undefined {
  const value = parseObject(line);
  if (value === undefined) return undefined;
  const { ack, refused, upTo, error, retry, next, durability, lineBytesMax } = value;
  if (isCount(ack)) return { ack };
  if (isCount(refused) && isCount(upTo)) return { refused, upTo };
  if (typeof error === "string") return { error, retry: retry === true };
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
