import { type AnyValue, anyValueJson, fieldsJson, type KeyValue, keyValuesJson } from "./any-value.ts";
import { type Fields, parseObject } from "./json-line.ts";
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

const UID = "log.record.uid";

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

/** The record of a line that is UTF-8, without its line feed, as JSON. */
export function recordOfText(line: string, observation: Observation): string {
  try {
    const fields = parseObject(line);
    if (fields !== undefined) return recordOfFields(fields, observation);
  } catch (error) {
    // Nesting that exhausts the stack: such a line is text.
    if (!(error instanceof RangeError)) throw error;
  }
  return recordOf(anyValueJson(line), observation);
}

/** The record of a line that isn't UTF-8. */
export function recordOfBytes(line: Buffer, observation: Observation): string {
  return recordOf(bytesValue(line.toString("base64")), observation);
}

function recordOf(body: string, { uid, observedTimeUnixNano }: Observation): string {
  return `{"observedTimeUnixNano":"${observedTimeUnixNano}","body":${body},"attributes":[${uidAttribute(uid)}]}`;
}

/**
 * Fields with a place of their own go there. The others are the attributes of an event that has a message; of one that has none,
 * they are the body.
 */
function recordOfFields(fields: Fields, { uid, observedTimeUnixNano }: Observation): string {
  const taken: string[] = [];
  const take = <Value>(names: readonly string[], convert: (value: unknown) => Value | undefined): Value | undefined => {
    for (const name of names) {
      const value = fields[name] === undefined ? undefined : convert(fields[name]);
      if (value === undefined) continue;
      taken.push(name);
      return value;
    }
    return undefined;
  };
  const time = take(FIELDS.time, unixNanoOf);
  const severity = take(FIELDS.level, severityOf);
  const traceId = take(FIELDS.traceId, (value) => idOf(value, 32));
  const spanId = take(FIELDS.spanId, (value) => idOf(value, 16));
  const flags = traceId === undefined ? undefined : take(FIELDS.flags, flagsOf);
  const message = take(FIELDS.message, (value) => anyValueJson(value)) ?? take(FIELDS.bytes, bytesOf);
  let record = `{"observedTimeUnixNano":"${observedTimeUnixNano}"`;
  if (time !== undefined) record += `,"timeUnixNano":"${time}"`;
  if (severity !== undefined) record += `,"severityText":${JSON.stringify(severity.severityText)}`;
  if (severity?.severityNumber !== undefined) record += `,"severityNumber":${severity.severityNumber}`;
  if (traceId !== undefined) record += `,"traceId":"${traceId}"`;
  if (spanId !== undefined) record += `,"spanId":"${spanId}"`;
  if (flags !== undefined) record += `,"flags":${flags}`;
  if (message === undefined)
    return `${record},"body":${fieldsJson(fields, taken, 1)},"attributes":[${uidAttribute(uid)}]}`;
  const others = keyValuesJson(fields, taken);
  const own = fields[UID] === undefined ? uidAttribute(uid) : "";
  return `${record},"body":${message},"attributes":[${others}${others === "" || own === "" ? "" : ","}${own}]}`;
}

function uidAttribute(uid: string): string {
  return `{"key":"${UID}","value":${anyValueJson(uid)}}`;
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

function bytesOf(value: unknown): string | undefined {
  const isBase64 = typeof value === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
  return isBase64 ? bytesValue(value) : undefined;
}

function bytesValue(base64: string): string {
  return `{"bytesValue":"${base64}"}`;
}
