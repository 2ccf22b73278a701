import { describe, expect, test } from "vitest";
import { LineChecker } from "../../src/records/line-checker.ts";
import { RewrittenLines } from "../../src/records/rewritten-lines.ts";
import { bytesOfWrapped } from "../support/wrapped.ts";

function wrapLine(line: Buffer): Buffer {
  const rewritten = new RewrittenLines();
  rewritten.wrapLine(line, 0, line.length);
  return Buffer.from(rewritten.bytes);
}

const LINES: readonly [string, Buffer][] = [
  ["plain text", Buffer.from("not json")],
  ["nothing", Buffer.alloc(0)],
  ["quotes and backslashes", Buffer.from('say "\\n" and \\')],
  ["control characters", Buffer.from(Array.from({ length: 32 }, (_, i) => i).filter((byte) => byte !== 10))],
  ["a BOM", Buffer.from("\ufeff{}")],
  ["an astral character", Buffer.from("🜚 gold")],
  ["an array", Buffer.from("[1,2,3]")],
  ["a JSON object cut short", Buffer.from('{"a":1')],
  ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ["UTF-8 cut within a character", Buffer.from("é").subarray(0, 1)],
  ["a surrogate in UTF-8 clothes", Buffer.from([0xed, 0xa0, 0x80])],
  ["NUL in the middle", Buffer.from("a\0b")],
  ["many NULs", Buffer.alloc(10_000)],
];

describe.each(LINES)("%s", (_, line) => {
  test("is wrapped into one JSON object on one line that gives its bytes back", () => {
    const wrapped = wrapLine(line);
    expect(wrapped.indexOf(0x0a)).toBe(wrapped.length - 1);
    expect(new LineChecker("json").check(wrapped).findings).toBe(0);
    expect(bytesOfWrapped(wrapped.toString())).toEqual(line);
  });
});

test("UTF-8 becomes _raw, everything else _raw_b64", () => {
  expect(wrapLine(Buffer.from("é")).toString()).toBe('{"_raw":"é"}\n');
  expect(wrapLine(Buffer.from([0xff])).toString()).toBe('{"_raw_b64":"/w=="}\n');
});

test("no character is left in that a terminal acts on", () => {
  const acting = [0x7f, 0x80, 0x85, 0x9b, 0x9f, 0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202e, 0x2066, 0x2069];
  const line = Buffer.from(`\u001b[31m${String.fromCodePoint(...acting)}`);
  const wrapped = wrapLine(line);
  expect(wrapped.toString()).toMatch(/^[ -~]*\n$/);
  expect(bytesOfWrapped(wrapped.toString())).toEqual(line);
});
