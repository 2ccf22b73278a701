import { BACKSLASH, QUOTE } from "./bytes";
import { specialFrom } from "./specials";

/**
 * Takes the position after a string's opening quote; returns the one after its closing quote, or ~position where the
 * string is broken (RFC 8259 section 7, and RFC 3629 for its UTF-8).
 */
export function stringEnd(at: i32, specials: i32): i32 {
  while (true) {
    at = specialFrom(at, specials);
    if (load<u8>(at) === QUOTE) {
      return at + 1;
    }
    at = specialEnd(at);
    if (at < 0) {
      return at;
    }
  }
}

function specialEnd(at: i32): i32 {
  return load<u8>(at) === BACKSLASH ? escapeEnd(at + 1) : multibyteEnd(at);
}

/** Takes the position after a backslash. Lone surrogates are allowed, as the grammar and JSON.parse allow them. */
function escapeEnd(at: i32): i32 {
  switch (load<u8>(at)) {
    case 0x22: // "
    case 0x5c: // backslash
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x75: // u
      for (let digit = 1; digit <= 4; digit++) {
        if (!isHexDigit(load<u8>(at + digit))) {
          return ~at;
        }
      }
      return at + 5;
    default:
      return ~at;
  }
}

function isHexDigit(byte: u8): bool {
  return <u8>(byte - 0x30) < 10 || <u8>((byte | 0x20) - 0x61) < 6;
}

/** Skips characters of two to four bytes up to the next ASCII byte; ~position of a byte that starts none. */
function multibyteEnd(at: i32): i32 {
  do {
    // Little-endian: the lead byte is the lowest. Each second mask holds the bits of which some must be set, for else
    // the character is overlong.
    const word = load<u32>(at);
    if ((word & 0xc0e0) === 0x80c0 && (word & 0x1e) !== 0) {
      at += 2;
    } else if ((word & 0xc0c0f0) === 0x8080e0 && (word & 0x200f) !== 0 && (word & 0x200f) !== 0x200d) {
      at += 3; // 0x200d: U+D800 to U+DFFF, the surrogates
    } else if (
      (word & 0xc0c0c0f8) === 0x808080f0 &&
      (word & 0x3007) !== 0 &&
      ((word & 0x04) === 0 || (word & 0x3003) === 0)
    ) {
      at += 4; // the last condition: nothing above U+10FFFF
    } else {
      return ~at;
    }
  } while (load<i8>(at) < 0);
  return at;
}
