import fc from "fast-check";
import { expect, test } from "vitest";
import { ESCAPED_BYTES_MAX, writeEscaped } from "../../src/records/escapes.ts";
import { runs } from "../support/property-runs.ts";

const ACTING = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The same by JSON.stringify and an expression. */
function reference(text: string): string {
  const inHex = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).slice(1, -1).replace(ACTING, inHex);
}

function escaped(text: string): string {
  const bytes = Buffer.from(`before${text}after`);
  const out = Buffer.alloc(3 + ESCAPED_BYTES_MAX * bytes.length, "#");
  const end = writeEscaped(out, 3, { bytes, start: 6, end: bytes.length - 5 });
  expect(end - 3).toBeLessThanOrEqual(ESCAPED_BYTES_MAX * Buffer.byteLength(text));
  return out.toString("utf8", 3, end);
}

test("every character of the basic plane is escaped as JSON.stringify and the list of acting ones say", () => {
  for (let code = 0; code < 0xffff; code++) {
    if (code >= 0xd800 && code < 0xe000) continue; // not in UTF-8
    const text = String.fromCharCode(code);
    if (escaped(text) !== reference(text)) expect(escaped(text)).toBe(reference(text));
  }
});

test("any text is", () => {
  const interesting = fc.constantFrom(
    ...'\0\b\t\n\r\u001f "\\\u007f\u0085\u00a0\u061c\u061b\u200e\u2028\u2030\u2066\u206a\u20e2é🜚'.split(""),
  );
  const text = fc.array(fc.oneof(interesting, fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 40 });
  fc.assert(
    fc.property(text, (parts) => {
      const joined = Buffer.from(parts.join("")).toString();
      expect(escaped(joined)).toBe(reference(joined));
    }),
    runs(100),
  );
});
