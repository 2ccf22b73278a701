import { expect } from "vitest";
import { LINE_KIND, type LineCheck, LineChecker } from "../../src/records/line-checker.ts";

const LF = Buffer.from("\n");
const BLANK = /^[ \t\r]*$/;
const SHAPED = /^\{.*\}\r?$/s;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LATIN1 = new TextDecoder("latin1");

/** The kind of a line, 0 when it passes, found with the platform's own decoder, parser and patterns only. */
function referenceKind(check: LineCheck, line: Uint8Array): number {
  const text = LATIN1.decode(line);
  if (BLANK.test(text)) {
    return LINE_KIND.blank;
  }
  const passes = check === "none" || (check === "shape" ? SHAPED.test(text) : isJsonObject(line));
  if (!passes) {
    return LINE_KIND.invalid;
  }
  return text.endsWith("\r") ? LINE_KIND.crlf : 0;
}

function isJsonObject(line: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(UTF8.decode(line));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Checks the lines as one block and expects the reference's findings and no others. @returns how many lines pass */
export function expectAgreement(
  check: LineCheck,
  lines: readonly Buffer[],
  checker: LineChecker = new LineChecker(check),
): number {
  const { lines: counted, findings, table } = checker.check(Buffer.concat(lines.flatMap((line) => [line, LF])));
  const differences: string[] = [];
  // Tests repeat a few lines many times.
  const kinds = new Map<Buffer, number>();
  let next = 0;
  let start = 0;
  for (const line of lines) {
    const end = start + line.length;
    const wanted = kinds.get(line) ?? referenceKind(check, line);
    kinds.set(line, wanted);
    const isFound = next < findings && table[3 * next] === start;
    const kind = isFound ? table[3 * next + 2] : 0;
    if (kind !== wanted || (isFound && table[3 * next + 1] !== end)) {
      differences.push(`${JSON.stringify(LATIN1.decode(line))}: ${kind}, not ${wanted}`);
    }
    next += isFound ? 1 : 0;
    start = end + LF.length;
  }
  expect({ differences, counted, next }).toEqual({ differences: [], counted: lines.length, next: findings });
  return lines.length - findings;
}
