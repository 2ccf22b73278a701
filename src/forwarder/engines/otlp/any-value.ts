import { type Fields, LongNumber } from "./json-line.ts";

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

/** The JSON of an AnyValue. @param value of what parseObject() has made @throws RangeError for nesting that exhausts the stack */
export function anyValueJson(value: unknown, depth = 0): string {
  if (typeof value === "string") return `{"stringValue":${JSON.stringify(value)}}`;
  if (typeof value === "number") return numberJson(value);
  if (typeof value === "boolean") return `{"boolValue":${value}}`;
  if (value instanceof LongNumber) return longNumberJson(value);
  if (typeof value !== "object" || value === null) return "{}";
  if (depth === DEPTH_MAX) return `{"stringValue":${JSON.stringify(JSON.stringify(value))}}`;
  if (!Array.isArray(value)) return fieldsJson(value as Fields, [], depth + 1);
  return `{"arrayValue":{"values":[${value.map((item) => anyValueJson(item, depth + 1)).join(",")}]}}`;
}

/** An object's fields as an AnyValue. @param without names that are left out */
export function fieldsJson(fields: Fields, without: readonly string[], depth: number): string {
  return `{"kvlistValue":{"values":[${keyValuesJson(fields, without, depth)}]}}`;
}

/** An object's fields as KeyValues, without the brackets of their list. */
export function keyValuesJson(fields: Fields, without: readonly string[], depth = 0): string {
  let list = "";
  for (const key of Object.keys(fields)) {
    if (without.includes(key)) continue;
    list += `${list === "" ? "" : ","}{"key":${JSON.stringify(key)},"value":${anyValueJson(fields[key], depth)}}`;
  }
  return list;
}

function numberJson(value: number): string {
  if (Number.isSafeInteger(value)) return `{"intValue":"${value}"}`;
  return `{"doubleValue":${Number.isFinite(value) ? value : `"${value}"`}}`;
}

/** An integer that 64 bits can't hold keeps its digits as text. */
function longNumberJson({ text }: LongNumber): string {
  if (!/^-?\d+$/.test(text)) return numberJson(Number(text));
  const integer = BigInt(text);
  const isInt64 = integer <= INT64_MAX && integer >= -INT64_MAX - 1n;
  return isInt64 ? `{"intValue":"${integer}"}` : `{"stringValue":"${text}"}`;
}
