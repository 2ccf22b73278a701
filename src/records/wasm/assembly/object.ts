import { BRACE_CLOSE, BRACE_OPEN, BRACKET_OPEN, COLON, COMMA, NINE, QUOTE, SPACE, skipSpace } from "./bytes";
import { numberEnd } from "./number";
import { renameReserved } from "./reserved";
import { stringEnd } from "./string";

/**
 * Takes the position of an object's opening brace; returns the one after its closing brace, or ~position where the text
 * stops being JSON or is nested deeper than `depthMax`. `specials` is the map for the text, `closers` the address of
 * `depthMax` bytes to work in. With `renames`, keys of this object are renamed (reserved.ts): a constant, which leaves
 * nothing of it where the function is inlined without. Without recursion, which a hostile line could exhaust, and with
 * one place that scans strings, which the compiler therefore takes into the loop.
 */
// @ts-ignore: decorator
@inline
export function objectEnd(at: i32, specials: i32, closers: i32, depthMax: i32, renames: bool): i32 {
  let depth = 0;
  let closer: u8 = 0; // what closes the innermost open container; those of the others are in memory
  let keyIsNext = false;
  while (true) {
    at = token(at);
    const byte = load<u8>(at);
    if (byte === QUOTE) {
      const start = at;
      at = stringEnd(at + 1, specials);
      if (at < 0) {
        return at;
      }
      if (keyIsNext) {
        if (renames && depth === 1) {
          renameReserved(start, at);
        }
        at = token(at);
        if (load<u8>(at) !== COLON) {
          return ~at;
        }
        at++;
        keyIsNext = false;
        continue;
      }
    } else if (keyIsNext) {
      return ~at;
    } else if (byte === BRACE_OPEN || byte === BRACKET_OPEN) {
      if (depth === depthMax) {
        return ~at;
      }
      store<u8>(closers + depth, closer);
      depth++;
      closer = byte + 2; // in ASCII both pairs of brackets are two apart
      at = token(at + 1);
      if (load<u8>(at) !== closer) {
        keyIsNext = byte === BRACE_OPEN;
        continue;
      }
    } else {
      at = scalarEnd(at, byte);
      if (at < 0) {
        return at;
      }
    }
    // Behind a value: the ends of any number of containers, then a comma.
    while (true) {
      at = token(at);
      const follower = load<u8>(at);
      if (follower === COMMA) {
        at++;
        keyIsNext = closer === BRACE_CLOSE;
        break;
      }
      if (follower !== closer) {
        return ~at;
      }
      at++;
      depth--;
      if (depth === 0) {
        return at;
      }
      closer = load<u8>(closers + depth);
    }
  }
}

/**
 * Where the token at or after `at` starts. Most lines have no space or a single one between tokens, so that is asked
 * first.
 */
function token(at: i32): i32 {
  if (load<u8>(at) > SPACE) {
    return at;
  }
  return load<u8>(at) === SPACE && load<u8>(at + 1) > SPACE ? at + 1 : skipSpace(at);
}

/** Takes the position of a number or a literal; returns the one after it, or ~position where it is broken. */
function scalarEnd(at: i32, byte: u8): i32 {
  if (byte <= NINE) {
    return numberEnd(at);
  }
  // Little-endian words: the first letter is the lowest byte.
  const word = load<u32>(at);
  if (word === 0x65757274 /* true */ || word === 0x6c6c756e /* null */) {
    return at + 4;
  }
  if (word === 0x736c6166 /* fals */ && load<u8>(at + 4) === 0x65 /* e */) {
    return at + 5;
  }
  return ~at;
}
