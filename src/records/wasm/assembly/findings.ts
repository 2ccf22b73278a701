// What a check leaves in memory for its caller: a header (lines, findings), then a triple (start, end, kind) per finding.

export const KIND_BLANK: u32 = 1;
export const KIND_CRLF: u32 = 2;
export const KIND_BAD: u32 = 3;

const HEADER_BYTES: i32 = 8;
const FINDING_BYTES: i32 = 12;

export function tableStart(table: i32): i32 {
  return table + HEADER_BYTES;
}

/** Adds a finding; returns the place of the next. */
export function addFinding(place: i32, start: i32, end: i32, kind: u32): i32 {
  store<u32>(place, start);
  store<u32>(place + 4, end);
  store<u32>(place + 8, kind);
  return place + FINDING_BYTES;
}

/** Fills in the header. */
export function finish(table: i32, lines: u32, place: i32): void {
  store<u32>(table, lines);
  store<u32>(table + 4, (place - tableStart(table)) / FINDING_BYTES);
}
