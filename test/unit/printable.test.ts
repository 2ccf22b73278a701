import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printable, printableJson, printableLines } from "../../src/core/printable.ts";

/** What must never reach a terminal: controls, DEL, C1, bidi, zero width, separators, tags, half a surrogate pair. */
const HOSTILE = [
  ..."\0\u0007\b\t\n\r\u001b\u007f\u0080\u009b\u009d\u061c\u200b\u200e\u202a\u202e\u2028\u2029\u2066\u2069\ufeff",
  "\u{e0041}",
  "\ud800",
];

describe("printable", () => {
  test("shows what a terminal would obey", () => {
    expect(printable("a\u001b[2K\rb")).toBe("a\\u001b[2K\\u000db");
    expect(printable("\u009b2J\u202ex\u007f\u{e0041}")).toBe("\\u009b2J\\u202ex\\u007f\\udb40\\udc41");
  });

  test.each(HOSTILE)("escapes %j in text and in JSON", (character) => {
    expect(printable(character)).toMatch(/^(\\u[0-9a-f]{4})+$/);
    const json = printableJson(JSON.stringify({ name: character }));
    expect(json).toMatch(/^[ -~]+$/);
    expect(JSON.parse(json)).toEqual({ name: character });
  });

  test("leaves letters of all scripts, marks and emoji", () => {
    for (const text of ["web-1", "Zürich 東京 Ελλάδα עברית", "e\u0301", "🦊"]) expect(printable(text)).toBe(text);
  });

  test("never shows two texts alike: a backslash is doubled", () => {
    expect(printable("\\u001b")).toBe("\\\\u001b");
    const texts = fc.string({ unit: fc.constantFrom("\\", "u", "0", "1", "b", "\u001b", "\u0001") });
    fc.assert(fc.property(texts, texts, (a, b) => (printable(a) === printable(b)) === (a === b)));
  });

  test("keeps line ends of several lines, and no other control", () => {
    expect(printableLines("a\r\nb\u001b\n")).toBe("a\\u000d\nb\\u001b\n");
  });

  test("JSON stays what it was, line end included", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(JSON.parse(printableJson(json))).toEqual(JSON.parse(json));
      }),
    );
    expect(printableJson('{"a":1}\n')).toBe('{"a":1}\n');
  });
});
