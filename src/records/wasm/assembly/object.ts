import { BRACE_CLOSE, BRACE_OPEN, BRACKET_OPEN, COLON, COMMA, QUOTE, SPACE, skipSpace } from "./bytes";
import { numberEnd } from "./number";
import { stringEnd } from "./string";

/**
 * Takes the position of an object's opening brace; returns the one after its closing brace, or ~position where the text
 * stops being JSON or is nested deeper than `depthMax`. `closers` is the address of `depthMax` + 1 bytes to work in: the
 * byte that closes each open container. No recursion: a hostile line can't exhaust the stack.
 */
export function objectEnd(at: i32, closers: i32, depthMax: i32): i32 {
  let depth = 0;
  let closer: u8 = 0;
  while (true) {
    // Once a round: [key] value, then what may follow a value.
    if (closer === BRACE_CLOSE) {
      at = keyEnd(at);
      if (at < 0) {
        return at;
      }
    }
    at = token(at);
    const byte = load<u8>(at);
    if (byte === QUOTE) {
      at = stringEnd(at + 1);
    } else if (byte === BRACE_OPEN || byte === BRACKET_OPEN) {
      if (depth === depthMax) {
        return ~at;
      }
      store<u8>(closers + depth, closer);
      depth++;
      closer = byte + 2; // ASCII: { and } as well as [ and ] are two apart
      at = token(at + 1);
      if (load<u8>(at) !== closer) {
        continue;
      }
    } else {
      at = scalarEnd(at, byte);
    }
    if (at < 0) {
      return at;
    }
    while (true) {
      at = token(at);
      const follower = load<u8>(at);
      at++;
      if (follower === COMMA) {
        break;
      }
      if (follower !== closer) {
        return ~(at - 1);
      }
      depth--;
      if (depth === 0) {
        return at;
      }
      closer = load<u8>(closers + depth);
    }
  }
}

/** Machine-made lines mostly have no space between tokens, so that is asked first. */
function token(at: i32): i32 {
  return load<u8>(at) > SPACE ? at : skipSpace(at);
}

/** Takes the position of a member; returns the one after its colon, or ~position where it is broken. */
function keyEnd(at: i32): i32 {
  at = token(at);
  if (load<u8>(at) !== QUOTE) {
    return ~at;
  }
  at = stringEnd(at + 1);
  if (at < 0) {
    return at;
  }
  at = token(at);
  return load<u8>(at) === COLON ? at + 1 : ~at;
}

/** Takes the first byte of a number or a literal; returns the position after it, or ~position where it is broken. */
function scalarEnd(at: i32, byte: u8): i32 {
  // Little-endian words: the first letter is the lowest byte.
  const word = load<u32>(at);
  if (byte <= 0x39 /* 9 */) {
    return numberEnd(at);
  }
  if (word === 0x65757274 /* true */ || word === 0x6c6c756e /* null */) {
    return at + 4;
  }
  if (word === 0x736c6166 /* fals */ && load<u8>(at + 4) === 0x65 /* e */) {
    return at + 5;
  }
  return ~at;
}
