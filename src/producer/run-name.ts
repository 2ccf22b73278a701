import { randomInt } from "node:crypto";

/** 36^8 names: two of 10,000 runs share one with a chance of 1 in 56,000. */
const LETTERS = 8;

/** A random name for one run of a producer: 8 base36 characters. */
export function newRunName(): string {
  return randomInt(36 ** LETTERS)
    .toString(36)
    .padStart(LETTERS, "0");
}
