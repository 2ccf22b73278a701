// Bytes of JSON text by name, and where lines and space end. Positions are addresses in the module's memory. A scan may
// read up to 64 bytes past what it looks for, but never looks beyond a line feed: a text that ends in one needs no
// bounds checks.

export const TAB: u8 = 0x09;
export const LINE_FEED: u8 = 0x0a;
export const CARRIAGE_RETURN: u8 = 0x0d;
export const SPACE: u8 = 0x20;
export const QUOTE: u8 = 0x22;
export const PLUS: u8 = 0x2b;
export const COMMA: u8 = 0x2c;
export const MINUS: u8 = 0x2d;
export const POINT: u8 = 0x2e;
export const ZERO: u8 = 0x30;
export const NINE: u8 = 0x39;
export const COLON: u8 = 0x3a;
export const BRACKET_OPEN: u8 = 0x5b;
export const BACKSLASH: u8 = 0x5c;
export const BRACE_OPEN: u8 = 0x7b;
export const BRACE_CLOSE: u8 = 0x7d;

/** The first byte at or after `at` that isn't a space, a tab or a carriage return. */
export function skipSpace(at: i32): i32 {
  while (true) {
    const byte = load<u8>(at);
    if (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) {
      return at;
    }
    at++;
  }
}

/** The line feed at or after `at`. */
export function lineFeedFrom(at: i32): i32 {
  while (true) {
    const feeds = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(LINE_FEED)));
    if (feeds !== 0) {
      return at + ctz(feeds);
    }
    at += 16;
  }
}

/** The start of the line that `at` lies in: behind the nearest line feed before it, which there must be. */
export function lineStartOf(at: i32): i32 {
  while (true) {
    at -= 16;
    const feeds = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(LINE_FEED)));
    if (feeds !== 0) {
      return at + 32 - <i32>clz(feeds);
    }
  }
}
