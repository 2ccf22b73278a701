/** Longest escape of one byte of UTF-8 in a JSON string: `\u0000`. */
export const ESCAPED_BYTES_MAX = 6;

const HEX = Buffer.from("0123456789abcdef");
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** Letters of the short escapes (RFC 8259, section 7), by byte. */
const LETTERS: Readonly<Record<number, string>> = {
  8: "b",
  9: "t",
  10: "n",
  12: "f",
  13: "r",
  34: '"',
  92: "\\",
};

/** Actions for a byte: copy it, escape its code, or look at the next bytes. */
const PLAIN = 0;
const CODE = 1;
const LEAD = 2;
/** Any other action is the letter of a short escape. */
const ACTIONS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const letter = LETTERS[byte];
  if (letter !== undefined) return letter.charCodeAt(0);
  if (byte < 0x20 || byte === 0x7f) return CODE;
  return byte === 0xc2 || byte === 0xd8 || byte === 0xe2 ? LEAD : PLAIN;
});

/** Bytes [start, end) of a buffer. */
export interface Extent {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * Writes UTF-8 as the content of a JSON string, escaped as by JSON.stringify. Also escapes characters that
 * JSON.stringify leaves alone although they affect terminals and editors: DEL, the C1 controls, line and paragraph
 * separators, and marks that change the direction of text.
 *
 * @param out has ESCAPED_BYTES_MAX bytes for each byte of the text
 * @returns the end of the written text in `out`
 */
export function writeEscaped(out: Buffer, at: number, { bytes, start, end }: Extent): number {
  let to = at;
  for (let from = start; from < end; from++) {
    const byte = bytes[from] ?? 0;
    const action = ACTIONS[byte] ?? PLAIN;
    if (action === PLAIN) {
      out[to++] = byte;
    } else if (action === CODE) {
      to = writeCode(out, to, byte);
    } else if (action === LEAD) {
      const code = codeToEscape(byte, bytes[from + 1] ?? 0, bytes[from + 2] ?? 0);
      if (code === 0) {
        out[to++] = byte;
      } else {
        to = writeCode(out, to, code);
        from += code < 0x800 ? 1 : 2;
      }
    } else {
      out[to++] = BACKSLASH;
      out[to++] = action;
    }
  }
  return to;
}

function writeCode(out: Buffer, at: number, code: number): number {
  out[at] = BACKSLASH;
  out[at + 1] = LETTER_U;
  for (let digit = 0; digit < 4; digit++) out[at + 2 + digit] = HEX[(code >> (12 - 4 * digit)) & 15] ?? 0;
  return at + 6;
}

/** The code of the character that starts with these bytes, if it has to be escaped; else 0. */
function codeToEscape(lead: number, second: number, third: number): number {
  if (lead === 0xc2) return second < 0xa0 ? second : 0; // U+0080 to U+009F
  if (lead === 0xd8) return second === 0x9c ? 0x61c : 0;
  const code = 0x2000 | ((second & 0x3f) << 6) | (third & 0x3f);
  const isMark = code === 0x200e || code === 0x200f;
  return isMark || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ? code : 0;
}
