import { LINE_KIND } from "../../src/records/line-checker.ts";

const FATAL = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BLANK = /^[ \t\r]*$/;

/** What the line checker must say of a line under "json" (0: nothing), found out with nothing but the platform's own parser. */
export function referenceKind(line: Uint8Array): number {
  let text: string;
  let value: unknown;
  try {
    text = FATAL.decode(line);
    if (BLANK.test(text)) {
      return LINE_KIND.blank;
    }
    value = JSON.parse(text);
  } catch {
    return LINE_KIND.bad;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return LINE_KIND.bad;
  }
  return text.endsWith("\r") ? LINE_KIND.crlf : 0;
}
