import { BRACE_OPEN, CARRIAGE_RETURN, LINE_FEED, lineFeedFrom, skipSpace } from "./bytes";
import { addFinding, finish, KIND_BAD, KIND_BLANK, KIND_CRLF, tableStart } from "./findings";
import { objectEnd } from "./object";

/**
 * Checks the lines from `start` to `end`, just after a line feed, each against "one JSON object". Stops early when the
 * table (`table` to `tableEnd`) is full. Returns the position after the last line checked.
 */
export function checkJson(start: i32, end: i32, table: i32, tableEnd: i32, closers: i32, depthMax: i32): i32 {
  let place = tableStart(table);
  let lines: u32 = 0;
  let line = start;
  while (line < end && place < tableEnd) {
    let at = load<u8>(line) === BRACE_OPEN ? line : skipSpace(line);
    let kind: u32 = 0;
    if (load<u8>(at) === LINE_FEED) {
      kind = KIND_BLANK;
    } else {
      kind = KIND_BAD;
      if (load<u8>(at) === BRACE_OPEN) {
        at = objectEnd(at, closers, depthMax);
        if (at >= 0) {
          at = load<u8>(at) === LINE_FEED ? at : skipSpace(at);
          if (load<u8>(at) === LINE_FEED) {
            kind = load<u8>(at - 1) === CARRIAGE_RETURN ? KIND_CRLF : 0;
          }
        } else {
          at = ~at;
        }
      }
      if (kind === KIND_BAD) {
        at = lineFeedFrom(at);
      }
    }
    if (kind !== 0) {
      place = addFinding(place, line, at, kind);
    }
    lines++;
    line = at + 1;
  }
  finish(table, lines, place);
  return line;
}
