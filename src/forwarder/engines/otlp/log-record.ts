import { type AnyValue, anyValue, type KeyValue, keyValues } from "./any-value.ts";
import { parseObject } from "./json-line.ts";
import { type Severity, severityOf } from "./severity.ts";
import { unixNanoOf } from "./timestamp.ts";

/** A LogRecord of OTLP/JSON. */
export interface LogRecord extends Partial<Severity> {
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano: string;
  readonly body: AnyValue;
  readonly attributes: readonly KeyValue[];
  readonly traceId?: string;
  readonly spanId?: string;
  readonly flags?: number;
}

/** What isn't in the line itself. */
export interface Observation {
  /** The same whenever the line is sent: records with the same one are duplicates (semantic conventions, log.record.uid). */
  readonly uid: string;
  readonly observedTimeUnixNano: string;
}

/** Fields in which loggers have what a record has a place for; the first that fits is taken. */
const FIELDS = {
  time: ["time", "timestamp", "@timestamp", "ts"],
  level: ["level", "severity", "log.level"],
  /** `_raw` and `_raw_b64`: the aggregator's, of a line that wasn't a JSON object. */
  message: ["msg", "message", "_raw"],
  bytes: ["_raw_b64"],
  traceId: ["trace_id", "traceId", "trace.id"],
  spanId: ["span_id", "spanId", "span.id"],
  flags: ["trace_flags", "traceFlags"],
} as const;

/** The record of a line that is UTF-8, without its line feed. */
export function recordOfText(line: string, observation: Observation): LogRecord {
  try {
    const fields = parseObject(line);
    if (fields !== undefined) return recordOfFields(fields, observation);
  } catch (error) {
    // Nesting that exhausts the stack: such a line is text.
    if (!(error instanceof RangeError)) throw error;
  }
  return recordOf({ stringValue: line }, observation);
}

/** The record of a line that isn't UTF-8. */
export function recordOfBytes(line: Buffer, observation: Observation): LogRecord {
  return recordOf({ bytesValue: line.toString("base64") }, observation);
}

function recordOf(body: AnyValue, { uid, observedTimeUnixNano }: Observation): LogRecord {
  return { observedTimeUnixNano, body, attributes: keyValues([["log.record.uid", uid]]) };
}

/**
 * Fields with a place of their own go there. The others are the attributes of an event that has a message; of one that has none,
 * they are the body.
 */
function recordOfFields(fields: Readonly<Record<string, unknown>>, { uid, ...observed }: Observation): LogRecord {
  const left = new Map(Object.entries(fields));
  const take = <Value>(names: readonly string[], convert: (value: unknown) => Value | undefined): Value | undefined => {
    for (const name of names) {
      const value = left.has(name) ? convert(left.get(name)) : undefined;
      if (value === undefined) continue;
      left.delete(name);
      return value;
    }
    return undefined;
  };
  const timeUnixNano = take(FIELDS.time, unixNanoOf);
  const severity = take(FIELDS.level, severityOf);
  const traceId = take(FIELDS.traceId, (value) => idOf(value, 32));
  const spanId = take(FIELDS.spanId, (value) => idOf(value, 16));
  const flags = traceId === undefined ? undefined : take(FIELDS.flags, flagsOf);
  const message = take(FIELDS.message, (value) => anyValue(value)) ?? take(FIELDS.bytes, bytesOf);
  const others = [...left];
  const ownUid: [string, unknown][] =
    left.has("log.record.uid") && message !== undefined ? [] : [["log.record.uid", uid]];
  return {
    ...(timeUnixNano === undefined ? {} : { timeUnixNano }),
    ...observed,
    ...severity,
    body: message ?? { kvlistValue: { values: keyValues(others, 1) } },
    attributes: keyValues(message === undefined ? ownUid : [...others, ...ownUid]),
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined ? {} : { spanId }),
    ...(flags === undefined ? {} : { flags }),
  };
}

/** @param digits hexadecimal; all of them zero means that there is none */
function idOf(value: unknown, digits: number): string | undefined {
  const isId = typeof value === "string" && value.length === digits && /^(?!0+$)[0-9a-fA-F]+$/.test(value);
  return isId ? value : undefined;
}

/** As W3C's traceparent has them, or as a number. */
function flagsOf(value: unknown): number | undefined {
  const flags = typeof value === "string" && /^[0-9a-fA-F]{2}$/.test(value) ? Number.parseInt(value, 16) : value;
  return typeof flags === "number" && Number.isInteger(flags) && flags >= 0 && flags < 256 ? flags : undefined;
}

function bytesOf(value: unknown): AnyValue | undefined {
  const isBase64 = typeof value === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
  return isBase64 ? { bytesValue: value } : undefined;
}
