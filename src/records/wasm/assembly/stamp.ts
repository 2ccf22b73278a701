import { BRACE_OPEN, CARRIAGE_RETURN, LINE_FEED, lineFeedFrom, SPACE, skipSpace, TAB } from "./bytes";
import { addFinding, begin, countLines } from "./findings";
import { objectEnd } from "./object";
import { beginLine, copyLine, outputEnd, put } from "./output";
import { mapSpecials } from "./specials";

/** A blank line as a finding. An invalid one has its place in the output instead, where its wrapped form belongs. */
const BLANK: u32 = 0;

/**
 * Checks the lines from `start` up to `end` as checkJson does, and writes those that pass to `out`, each with the
 * fields in place of its closing brace and of what follows that. The fields begin with a comma, which is omitted behind
 * an empty object, and end in LF. A key of the object that spells the reserved name is renamed. Returns the position
 * after the last line taken: less than `end` when the table is full, or when the rest might not fit before `outMax`.
 */
export function stampJson(
  start: i32,
  end: i32,
  table: i32,
  tableEnd: i32,
  specials: i32,
  closers: i32,
  depthMax: i32,
  out: i32,
  outMax: i32,
  fields: i32,
  fieldsBytes: i32,
): i32 {
  mapSpecials(start, end, specials);
  let place = begin(table);
  let lines: u32 = 0;
  let line = start;
  // A renamed key is two bytes longer, and takes at least thirteen.
  while (line < end && place < tableEnd && out + (end - line) + ((end - line) >> 2) + fieldsBytes < outMax) {
    let at = load<u8>(line) === BRACE_OPEN ? line : skipSpace(line);
    if (load<u8>(at) === BRACE_OPEN) {
      beginLine(out, line);
      at = objectEnd(at, specials, closers, depthMax, true);
      if (at > 0) {
        const brace = at - 1;
        at = load<u8>(at) === LINE_FEED ? at : skipSpace(at);
        if (load<u8>(at) === LINE_FEED) {
          copyLine(brace, brace);
          const comma = isEmpty(brace) ? 1 : 0;
          put(fields + comma, fieldsBytes - comma);
          out = outputEnd();
          line = at + 1;
          lines++;
          continue;
        }
      } else {
        at = ~at;
      }
      at = lineFeedFrom(at);
      place = addFinding(table, place, line, at, out);
    } else if (load<u8>(at) === LINE_FEED) {
      place = addFinding(table, place, line, at, BLANK);
    } else {
      at = lineFeedFrom(at);
      place = addFinding(table, place, line, at, out);
    }
    lines++;
    line = at + 1;
  }
  beginLine(out, line);
  countLines(table, lines);
  return line;
}

/** Whether the object with this closing brace has no member: only space is between its braces. */
function isEmpty(brace: i32): bool {
  let at = brace - 1;
  for (let byte = load<u8>(at); byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN; byte = load<u8>(at)) {
    at--;
  }
  return load<u8>(at) === BRACE_OPEN;
}
