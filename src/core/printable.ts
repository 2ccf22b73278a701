/**
 * Characters that a terminal obeys, or that change how others are shown, instead of being shown: C0, DEL and C1 controls,
 * bidirectional and other format characters, line and paragraph separators, halves of surrogate pairs.
 */
const UNPRINTABLE = String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}`;

const IN_TEXT = new RegExp(String.raw`[\\${UNPRINTABLE}]`, "gu");
const IN_JSON = new RegExp(String.raw`(?!\n)[${UNPRINTABLE}]`, "gu");

/**
 * Text of unknown origin (a producer's name, a file's, a peer's words) as it may be shown on a terminal: one line, every
 * character visible or a space. What is unprintable becomes `\u001b` and the like; a backslash is doubled, so that two
 * different texts never look the same for that reason.
 */
export function printable(text: string): string {
  return text.replace(IN_TEXT, (character) => (character === "\\" ? "\\\\" : escaped(character)));
}

/** As printable(), for text of several lines: its LFs stay. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** JSON that means the same and may be shown on a terminal. JSON.stringify leaves DEL, C1 and format characters as they are. */
export function printableJson(json: string): string {
  return json.replace(IN_JSON, escaped);
}

/** `\u` and four hexadecimal digits for each UTF-16 unit, as in JSON. */
function escaped(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
