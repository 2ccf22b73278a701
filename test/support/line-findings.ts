import { expect } from "vitest";
import { LINE_KIND, type LineCheck, LineChecker } from "../../src/records/line-checker.ts";

export type Finding = readonly [start: number, end: number, kind: keyof typeof LINE_KIND];

const KIND_NAMES = ["", ...Object.keys(LINE_KIND)];

/** The findings of one check of a block, copied. */
export function findings(
  block: string | Buffer,
  check: LineCheck,
  checker: LineChecker = new LineChecker(check),
): { lines: number; found: unknown[] } {
  const { lines, findings: count, table } = checker.check(typeof block === "string" ? Buffer.from(block) : block);
  const found = Array.from({ length: count }, (_, index) => {
    const [start, end, kind = 0] = table.subarray(3 * index, 3 * index + 3);
    return [start, end, KIND_NAMES[kind]];
  });
  return { lines, found };
}

/** Expects that each line, alone in a block, has the kind; "" means that it passes. Latin-1, so "\xff" is that byte. */
export function expectKinds(check: LineCheck, kind: keyof typeof LINE_KIND | "", lines: readonly string[]): void {
  const others = lines.filter((line) => {
    const wanted = { lines: 1, found: kind === "" ? [] : [[0, line.length, kind]] };
    return JSON.stringify(findings(Buffer.from(`${line}\n`, "latin1"), check)) !== JSON.stringify(wanted);
  });
  expect(others).toEqual([]);
}
