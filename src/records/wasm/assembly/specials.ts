import { BACKSLASH, QUOTE, SPACE } from "./bytes";

// A map of the bytes at which a run of plain characters in a string ends: quotes, backslashes, control characters,
// bytes above 0x7f. One bit for each byte of memory, the lowest first, so that bit 3 of `map + 5` stands for address
// 43. Made for a whole window ahead, it costs a string a load and a shift, where searching the text itself takes thrice
// as long from one position to the next; and each position depends on the one before.

/** Makes the map for the bytes from `start` to `end` and up to 63 on either side. */
export function mapSpecials(start: i32, end: i32, map: i32): void {
  for (let at = start & ~63; at < end; at += 64) {
    const low = specials16(at) | (specials16(at + 16) << 16);
    const high = specials16(at + 32) | (specials16(at + 48) << 16);
    store<u64>(map + (at >> 3), <u64>(<u32>low) | ((<u64>(<u32>high)) << 32));
  }
}

function specials16(at: i32): i32 {
  const bytes = v128.load(at);
  return i8x16.bitmask(
    v128.or(
      // Signed, so that "less than a space" means both control characters and bytes above 0x7f.
      i8x16.lt_s(bytes, i8x16.splat(SPACE)),
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
    ),
  );
}

/** The first special byte at or after `at`. */
export function specialFrom(at: i32, map: i32): i32 {
  let bits = load<u64>(map + (at >> 3)) >> (at & 7);
  while (bits === 0) {
    at = (at + 64) & ~7;
    bits = load<u64>(map + (at >> 3));
  }
  return at + <i32>ctz(bits);
}
