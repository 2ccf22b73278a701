// What stampJson writes: the bytes of a line up to somewhere, then something else. Copies 16 bytes at a time, so up to
// 15 bytes behind the end are overwritten.

import { CARRIAGE_RETURN, SPACE } from "./bytes";

/** Where the next byte goes, and the first byte of the line that isn't copied yet. */
let to: i32 = 0;
let from: i32 = 0;

export function outputEnd(): i32 {
  return to;
}

/** Goes on at `out` with a line that begins at `line`. */
export function beginLine(out: i32, line: i32): void {
  to = out;
  from = line;
}

/** Copies the line up to `at` and leaves out what is before `next`. */
export function copyLine(at: i32, next: i32): void {
  put(from, at - from);
  from = next;
}

/**
 * Puts a space for each carriage return. In a JSON object it can only be space between tokens, where some readers of
 * the file would see the end of a line, and what follows as another record.
 */
export function put(source: i32, bytes: i32): void {
  for (let i = 0; i < bytes; i += 16) {
    const text = v128.load(source + i);
    const returns = i8x16.eq(text, i8x16.splat(CARRIAGE_RETURN));
    v128.store(to + i, v128.xor(text, v128.and(returns, i8x16.splat(CARRIAGE_RETURN ^ SPACE))));
  }
  to += bytes;
}

/** Puts `"_untrusted"`, with its quotes. */
export function putNewName(): void {
  store<u64>(to, 0x737572746e755f22);
  store<u32>(to, 0x22646574, 8);
  to += 12;
}
