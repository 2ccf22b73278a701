import { BRACE_CLOSE, BRACE_OPEN, CARRIAGE_RETURN, LINE_FEED, lineFeedFrom, SPACE, skipSpace } from "./bytes";
import { addFinding, finish, KIND_BAD, KIND_BLANK, KIND_CRLF, tableStart } from "./findings";

// Both checks run over 64 bytes at a time, as one bit each, from the start of a line. Only where the bits show a line that
// may need attention do they look at single lines, up to the end of those 64 bytes.

/** Counts lines and finds blank ones and those that end in CR; parameters and result as for checkJson. */
export function checkNone(start: i32, end: i32, table: i32, tableEnd: i32): i32 {
  let place = tableStart(table);
  let lines: u32 = 0;
  let line = start;
  while (line < end && place < tableEnd) {
    let at = line;
    let lowBefore: u64 = 1;
    for (; at + 64 <= end; at += 64) {
      const feeds = equal64(at, LINE_FEED);
      const low = below64(at, SPACE + 1);
      if ((feeds & ((low << 1) | lowBefore)) !== 0) {
        break;
      }
      lowBefore = low >> 63;
      lines += <u32>popcnt(feeds);
      line = feeds === 0 ? line : at + 64 - <i32>clz(feeds);
    }
    for (const until = min(at + 64, end); line < until && place < tableEnd; lines++) {
      const lineFeed = lineFeedFrom(line);
      place = addKind(place, line, lineFeed, kindOf(line, lineFeed));
      line = lineFeed + 1;
    }
  }
  finish(table, lines, place);
  return line;
}

/** As checkNone, and finds lines that don't start with { and end with }. */
export function checkShape(start: i32, end: i32, table: i32, tableEnd: i32): i32 {
  let place = tableStart(table);
  let lines: u32 = 0;
  let line = start;
  while (line < end && place < tableEnd) {
    let at = line;
    let feedBefore: u64 = 1;
    let closeBefore: u64 = 0;
    for (; at + 64 <= end; at += 64) {
      const feeds = equal64(at, LINE_FEED);
      const opens = equal64(at, BRACE_OPEN);
      const closes = equal64(at, BRACE_CLOSE);
      const badStarts = ((feeds << 1) | feedBefore) & ~opens;
      const badEnds = feeds & ~((closes << 1) | closeBefore);
      if ((badStarts | badEnds) !== 0) {
        break;
      }
      feedBefore = feeds >> 63;
      closeBefore = closes >> 63;
      lines += <u32>popcnt(feeds);
      line = feeds === 0 ? line : at + 64 - <i32>clz(feeds);
    }
    for (const until = min(at + 64, end); line < until && place < tableEnd; lines++) {
      const lineFeed = lineFeedFrom(line);
      const kind = kindOf(line, lineFeed);
      place = addKind(place, line, lineFeed, kind === KIND_BLANK || isShaped(line, lineFeed) ? kind : KIND_BAD);
      line = lineFeed + 1;
    }
  }
  finish(table, lines, place);
  return line;
}

function kindOf(line: i32, lineFeed: i32): u32 {
  if (skipSpace(line) === lineFeed) {
    return KIND_BLANK;
  }
  return load<u8>(lineFeed - 1) === CARRIAGE_RETURN ? KIND_CRLF : 0;
}

/** Whether a line that isn't blank starts with { and ends with }, one carriage return aside. */
function isShaped(line: i32, lineFeed: i32): bool {
  const last = lineFeed - (load<u8>(lineFeed - 1) === CARRIAGE_RETURN ? 2 : 1);
  return load<u8>(line) === BRACE_OPEN && load<u8>(last) === BRACE_CLOSE;
}

function addKind(place: i32, line: i32, lineFeed: i32, kind: u32): i32 {
  return kind === 0 ? place : addFinding(place, line, lineFeed, kind);
}

/** One bit for each of 64 bytes: whether it equals `byte`. */
function equal64(at: i32, byte: u8): u64 {
  const wanted = i8x16.splat(byte);
  return bits64(
    i8x16.eq(v128.load(at), wanted),
    i8x16.eq(v128.load(at, 16), wanted),
    i8x16.eq(v128.load(at, 32), wanted),
    i8x16.eq(v128.load(at, 48), wanted),
  );
}

/** One bit for each of 64 bytes: whether it is below `byte`. */
function below64(at: i32, byte: u8): u64 {
  const limit = i8x16.splat(byte);
  return bits64(
    i8x16.lt_u(v128.load(at), limit),
    i8x16.lt_u(v128.load(at, 16), limit),
    i8x16.lt_u(v128.load(at, 32), limit),
    i8x16.lt_u(v128.load(at, 48), limit),
  );
}

function bits64(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u32>i8x16.bitmask(a) | ((<u32>i8x16.bitmask(b)) << 16);
  const high = <u32>i8x16.bitmask(c) | ((<u32>i8x16.bitmask(d)) << 16);
  return <u64>low | ((<u64>high) << 32);
}
