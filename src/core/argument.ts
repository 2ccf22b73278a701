import { OperationalError } from "./errors.ts";

/** A value that a program without type checks may have passed. */
export interface Argument {
  /** What the caller calls it: `listen[0]`. */
  readonly name: string;
  readonly value: unknown;
  /** What to pass: "a path". */
  readonly wanted: string;
}

/** @throws OperationalError USAGE unless the value is usable */
export function refuseUnless(isUsable: boolean, { name, value, wanted }: Argument): void {
  if (!isUsable) throw new OperationalError("USAGE", `${name} is ${inWords(value)}; pass ${wanted}`);
}

/** @throws OperationalError USAGE unless the value is an object with fields */
export function refuseUnlessObject(argument: Argument): void {
  refuseUnless(isObject(argument.value), argument);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  if (typeof value === "string") return JSON.stringify(value);
  return isObject(value) ? "an object" : typeof value === "function" ? "a function" : String(value);
}
