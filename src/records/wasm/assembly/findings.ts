// What a check leaves in memory: a header (number of lines, number of findings), then (start, end, kind) of each
// finding.

export const KIND_BLANK: u32 = 1;
export const KIND_CRLF: u32 = 2;
export const KIND_INVALID: u32 = 3;

const HEADER_BYTES: i32 = 8;
const FINDING_BYTES: i32 = 12;

/** Empties the header; returns the place of the first finding. */
export function begin(table: i32): i32 {
  store<u64>(table, 0);
  return table + HEADER_BYTES;
}

export function countLines(table: i32, lines: u32): void {
  store<u32>(table, load<u32>(table) + lines);
}

/** Adds a finding at `place`; returns the place of the next. */
export function addFinding(table: i32, place: i32, start: i32, end: i32, kind: u32): i32 {
  store<u32>(table, load<u32>(table, 4) + 1, 4);
  store<u32>(place, start);
  store<u32>(place, end, 4);
  store<u32>(place, kind, 8);
  return place + FINDING_BYTES;
}
