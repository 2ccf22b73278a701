/**
 * Characters that control a terminal or change how other characters are shown: C0, DEL and C1 controls, bidirectional
 * and other format characters, line and paragraph separators, and lone surrogates.
 */
const UNPRINTABLE = String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}`;

const IN_TEXT = new RegExp(String.raw`[\\${UNPRINTABLE}]`, "gu");
const IN_JSON = new RegExp(String.raw`(?!\n)[${UNPRINTABLE}]`, "gu");

/**
 * Makes text of unknown origin (a producer's or file's name, a peer's message) safe to show on a terminal: one line, in
 * which every character is visible or a space. An unprintable character becomes an escape such as `\u001b`. Backslashes
 * are doubled, so that escaping never makes two different texts look the same.
 */
export function printable(text: string): string {
  return text.replace(IN_TEXT, (character) => (character === "\\" ? "\\\\" : escaped(character)));
}

/** As printable(), for text of several lines: line feeds are kept. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/**
 * Equivalent JSON that is safe to show on a terminal. JSON.stringify leaves DEL, C1 and format characters as they are.
 */
export function printableJson(json: string): string {
  return json.replace(IN_JSON, escaped);
}

/** `\u` and four hexadecimal digits for each UTF-16 code unit, as in JSON. */
function escaped(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
