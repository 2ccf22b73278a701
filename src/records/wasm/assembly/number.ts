import { MINUS, PLUS, POINT, ZERO } from "./bytes";

/**
 * Takes the first byte of a number; returns the position after it, or ~position where it is broken (RFC 8259 section
 * 6).
 */
export function numberEnd(at: i32): i32 {
  if (load<u8>(at) === MINUS) {
    at++;
  }
  let end = digitsEnd(at);
  if (end === at || (load<u8>(at) === ZERO && end !== at + 1)) {
    return ~at;
  }
  if (load<u8>(end) === POINT) {
    at = end + 1;
    end = digitsEnd(at);
    if (end === at) {
      return ~at;
    }
  }
  if ((load<u8>(end) | 0x20) === 0x65 /* e, E */) {
    at = end + 1;
    const sign = load<u8>(at);
    if (sign === PLUS || sign === MINUS) {
      at++;
    }
    end = digitsEnd(at);
    if (end === at) {
      return ~at;
    }
  }
  return end;
}

/** The first byte at or after `at` that isn't a digit. */
function digitsEnd(at: i32): i32 {
  while (true) {
    // Moves the digits to the ten lowest signed numbers: comparing them takes one instruction, where unsigned takes
    // three.
    const moved = i8x16.add(v128.load(at), i8x16.splat(-128 - ZERO));
    const others = i8x16.bitmask(i8x16.gt_s(moved, i8x16.splat(-128 + 9)));
    if (others !== 0) {
      return at + ctz(others);
    }
    at += 16;
  }
}
