import { InvalidArgumentError } from "commander";
import { parseCount, parseDuration, parseSize } from "../core/units.ts";

/** Option parsers for commander: each throws InvalidArgumentError, which commander prints with the option's name. */

/** Milliseconds. */
export function durationValue(text: string): number {
  return parseDuration(text) ?? invalid("Write a duration such as 100, 100ms, 1.5s or 2m.");
}

/** Milliseconds, more than 0. */
export function positiveDurationValue(text: string): number {
  return durationValue(text) || invalid("Write a duration longer than 0, such as 100ms.");
}

/** Bytes, at least one. */
export function positiveSizeValue(text: string): number {
  return parseSize(text) || invalid("Write a size of at least 1 byte, such as 1000000, 64KiB or 64MiB.");
}

export function countValue(text: string): number {
  return parseCount(text) ?? invalid("Write a whole number.");
}

export function positiveCountValue(text: string): number {
  return countValue(text) || invalid("Write a whole number of at least 1.");
}

/** Parses a whole number within bounds. */
export function countWithin(min: number, max: number, unit: string): (text: string) => number {
  return (text) => {
    const count = countValue(text);
    return count >= min && count <= max ? count : invalid(`Write ${min} to ${max} ${unit}.`);
  };
}

/** A nice value (nice(1)). */
export function niceValue(text: string): number {
  return /^(-(20|1?\d)|1?\d)$/.test(text) ? Number(text) : invalid("Write a whole number from -20 to 19.");
}

/** Words between commas; the option may be repeated. */
export function listValue(text: string, before: readonly string[] = []): readonly string[] {
  const words = text.split(",").map((word) => word.trim());
  return words.includes("") ? invalid("Write names or numbers, such as 1000,www-data.") : [...before, ...words];
}

/** Lines per second. */
export function rateValue(text: string): number {
  return positiveCountValue(text.replace(/\/s$/, ""));
}

/** Permission bits. */
export function modeValue(text: string): number {
  return /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : invalid("Write three octal digits, such as 0640.");
}

function invalid(message: string): never {
  throw new InvalidArgumentError(message);
}
