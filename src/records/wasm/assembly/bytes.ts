// Bytes of JSON text by name. Positions are addresses in the module's memory; every scan may read up to 16 bytes past the
// position it returns, and none passes a line feed, so a block that ends in one needs no bounds checks.

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
export const COLON: u8 = 0x3a;
export const BRACKET_OPEN: u8 = 0x5b;
export const BACKSLASH: u8 = 0x5c;
export const BRACE_OPEN: u8 = 0x7b;
export const BRACE_CLOSE: u8 = 0x7d;

/** First byte at or after `at` that isn't a space, a tab or a carriage return. */
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
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(LINE_FEED)));
    if (mask !== 0) {
      return at + ctz(mask);
    }
    at += 16;
  }
}
