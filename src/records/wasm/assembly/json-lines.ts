import { BRACE_OPEN, CARRIAGE_RETURN, LINE_FEED, lineFeedFrom, skipSpace } from "./bytes";
import { addFinding, begin, countLines, KIND_INVALID, KIND_BLANK, KIND_CRLF } from "./findings";
import { objectEnd } from "./object";
import { mapSpecials } from "./specials";

/**
 * Checks the lines from `start` up to `end`, which must follow a line feed: each must be one JSON object. Leaves its
 * findings in `table`, which ends at `tableEnd`, and returns the position after the last line checked: `end`, or less
 * when the table is full. For `specials`, `closers` and `depthMax` see objectEnd; the map is made here.
 */
export function checkJson(
  start: i32,
  end: i32,
  table: i32,
  tableEnd: i32,
  specials: i32,
  closers: i32,
  depthMax: i32,
): i32 {
  mapSpecials(start, end, specials);
  let place = begin(table);
  let lines: u32 = 0;
  let line = start;
  while (line < end && place < tableEnd) {
    let at = load<u8>(line) === BRACE_OPEN ? line : skipSpace(line);
    let kind = KIND_INVALID;
    if (load<u8>(at) === LINE_FEED) {
      kind = KIND_BLANK;
    } else if (load<u8>(at) === BRACE_OPEN) {
      at = objectEnd(at, specials, closers, depthMax, false);
      if (at < 0) {
        at = ~at;
      } else {
        at = load<u8>(at) === LINE_FEED ? at : skipSpace(at);
        if (load<u8>(at) === LINE_FEED) {
          kind = load<u8>(at - 1) === CARRIAGE_RETURN ? KIND_CRLF : 0;
        }
      }
    }
    if (kind === KIND_INVALID) {
      at = lineFeedFrom(at);
    }
    if (kind !== 0) {
      place = addFinding(table, place, line, at, kind);
    }
    lines++;
    line = at + 1;
  }
  countLines(table, lines);
  return line;
}
