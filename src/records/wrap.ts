import { isUtf8 } from "node:buffer";

/**
 * What JSON.stringify leaves as it is though a terminal or an editor acts on it: DEL, the C1 controls, the line and
 * paragraph separators, and the marks that change the direction of text.
 */
const ACTING = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A line that is no JSON object, as one: `{"_raw":"…"}`, or `{"_raw_b64":"…"}` when it isn't UTF-8. Parsing it gives
 * the line's bytes back.
 *
 * @param line without its line end
 * @returns a whole line, LF included
 */
export function wrapLine(line: Buffer): Buffer {
  if (!isUtf8(line)) return Buffer.from(`{"_raw_b64":"${line.toString("base64")}"}\n`);
  const text = JSON.stringify(line.toString("utf8")).replace(ACTING, unicodeEscape);
  return Buffer.from(`{"_raw":${text}}\n`);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
