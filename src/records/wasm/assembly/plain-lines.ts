import {
  BRACE_CLOSE,
  BRACE_OPEN,
  CARRIAGE_RETURN,
  LINE_FEED,
  lineFeedFrom,
  lineStartOf,
  SPACE,
  skipSpace,
} from "./bytes";
import { addFinding, begin, countLines, KIND_INVALID, KIND_BLANK, KIND_CRLF } from "./findings";

/** Bytes looked at together, as two vectors. */
const STRIDE: i32 = 32;

/**
 * Counts lines and finds those that are blank or end in CR, with `shaped` also those that don't start with { and end
 * with }. Otherwise as checkJson; writes to the byte before `start`, too.
 */
export function checkPlain(start: i32, end: i32, table: i32, tableEnd: i32, shaped: bool): i32 {
  let place = begin(table);
  let line = start;
  store<u8>(start - 1, LINE_FEED);
  while (line < end && place < tableEnd) {
    // Lines that are fine pass many at a time; only in a stride that has something to find they are looked at singly.
    const at = shaped ? passShaped(line, end - STRIDE, table) : passAny(line, end - STRIDE, table);
    const until = min(at + STRIDE, end);
    for (line = lineStartOf(at); line < until && place < tableEnd; countLines(table, 1)) {
      const lineFeed = lineFeedFrom(line);
      const kind = kindOf(line, lineFeed, shaped);
      if (kind !== 0) {
        place = addFinding(table, place, line, lineFeed, kind);
      }
      line = lineFeed + 1;
    }
  }
  return line;
}

/** Counts lines by the stride, until one starts after `last` or holds an LF behind a control character or space. */
function passAny(line: i32, last: i32, table: i32): i32 {
  const feed = i8x16.splat(LINE_FEED);
  const space = i8x16.splat(SPACE);
  let lines = 0;
  let before = line - 1;
  for (; before < last; before += STRIDE) {
    const feeds1 = i8x16.eq(v128.load(before, 1), feed);
    const feeds2 = i8x16.eq(v128.load(before, 17), feed);
    const found1 = v128.and(feeds1, i8x16.le_u(v128.load(before), space));
    const found2 = v128.and(feeds2, i8x16.le_u(v128.load(before, 16), space));
    if (v128.any_true(v128.or(found1, found2))) {
      break;
    }
    lines += popcnt(i8x16.bitmask(feeds1)) + popcnt(i8x16.bitmask(feeds2));
  }
  countLines(table, lines);
  return before + 1;
}

/** As passAny, but for an LF that isn't behind } or not before {. */
function passShaped(line: i32, last: i32, table: i32): i32 {
  const feed = i8x16.splat(LINE_FEED);
  const open = i8x16.splat(BRACE_OPEN);
  const close = i8x16.splat(BRACE_CLOSE);
  let lines = 0;
  let before = line - 1;
  for (; before < last; before += STRIDE) {
    const before1 = v128.load(before);
    const before2 = v128.load(before, 16);
    const bytes1 = v128.load(before, 1);
    const bytes2 = v128.load(before, 17);
    const feeds1 = i8x16.eq(bytes1, feed);
    const feeds2 = i8x16.eq(bytes2, feed);
    const ends1 = v128.andnot(feeds1, i8x16.eq(before1, close));
    const ends2 = v128.andnot(feeds2, i8x16.eq(before2, close));
    const starts1 = v128.andnot(i8x16.eq(before1, feed), i8x16.eq(bytes1, open));
    const starts2 = v128.andnot(i8x16.eq(before2, feed), i8x16.eq(bytes2, open));
    if (v128.any_true(v128.or(v128.or(starts1, ends1), v128.or(starts2, ends2)))) {
      break;
    }
    lines += popcnt(i8x16.bitmask(feeds1)) + popcnt(i8x16.bitmask(feeds2));
  }
  countLines(table, lines);
  return before + 1;
}

function kindOf(line: i32, lineFeed: i32, shaped: bool): u32 {
  if (skipSpace(line) === lineFeed) {
    return KIND_BLANK;
  }
  const crlf = load<u8>(lineFeed - 1) === CARRIAGE_RETURN;
  const last = lineFeed - (crlf ? 2 : 1);
  if (shaped && (load<u8>(line) !== BRACE_OPEN || load<u8>(last) !== BRACE_CLOSE)) {
    return KIND_INVALID;
  }
  return crlf ? KIND_CRLF : 0;
}
