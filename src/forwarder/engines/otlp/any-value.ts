import { LongNumber } from "./json-line.ts";

/** A value as OTLP/JSON has it: 64-bit integers are strings, bytes are base64, and null is an empty object. */
export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number | string }
  | { readonly bytesValue: string }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } }
  | Record<string, never>;

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/**
 * Deeper values are sent as text. Protobuf libraries refuse messages that are nested more than 100 levels deep, and an object
 * in an object takes three of them.
 */
const DEPTH_MAX = 16;

const INT64_MAX: bigint = 2n ** 63n - 1n;

/** What parseObject() has made. @throws RangeError for nesting that exhausts the stack */
export function anyValue(value: unknown, depth = 0): AnyValue {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return numberValue(value);
  if (typeof value === "boolean") return { boolValue: value };
  if (value instanceof LongNumber) return longNumberValue(value);
  if (typeof value !== "object" || value === null) return {};
  if (depth === DEPTH_MAX) return { stringValue: JSON.stringify(value) };
  if (Array.isArray(value)) return { arrayValue: { values: value.map((item) => anyValue(item, depth + 1)) } };
  return { kvlistValue: { values: keyValues(Object.entries(value), depth + 1) } };
}

export function keyValues(entries: readonly (readonly [string, unknown])[], depth = 0): KeyValue[] {
  return entries.map(([key, value]) => ({ key, value: anyValue(value, depth) }));
}

function numberValue(value: number): AnyValue {
  if (Number.isSafeInteger(value)) return { intValue: String(value) };
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}

/** An integer that 64 bits can't hold keeps its digits as text. */
function longNumberValue({ text }: LongNumber): AnyValue {
  if (!/^-?\d+$/.test(text)) return numberValue(Number(text));
  const integer = BigInt(text);
  const isInt64 = integer <= INT64_MAX && integer >= -INT64_MAX - 1n;
  return isInt64 ? { intValue: String(integer) } : { stringValue: text };
}
