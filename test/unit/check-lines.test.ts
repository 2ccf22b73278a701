import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkLines } from "../../src/forwarder/check-log.ts";
import { logFile } from "../support/log-files.ts";

function line(bytes: number): string {
  return `${"x".repeat(bytes - 1)}\n`;
}

test.each([
  ["of the limit", line(100), []],
  ["one byte longer", line(101), [101]],
  ["that is cut by several reads", `${line(50)}${line(730)}${line(50)}`, [730]],
  ["one after the other", `${line(101)}${line(1)}${line(240)}${line(100)}${line(199)}`, [101, 240, 199]],
  ["without an end in the newest file", `${line(10)}${"x".repeat(500)}`, []],
])("a line %s", (_, content, expected) => {
  const [finding] = checkLines(logFile(content), undefined, 100);
  expect(finding).toMatchObject({ level: expected.length > 0 ? "fail" : "ok", subject: "lines" });
  if (expected.length === 0) return;
  const fact = `${expected.length} lines are longer than 100 bytes, the longest ${Math.max(...expected)}, and would be`;
  expect(finding?.fact).toContain(fact);
});

test("an unfinished line of a rotated file counts", () => {
  const path = logFile("");
  appendFileSync(path, `${line(10)}${"x".repeat(500)}`);
  renameSync(path, `${path}.1`);
  writeFileSync(path, "");
  const [finding] = checkLines(path, undefined, 100);
  expect(finding?.fact).toContain("1 lines are longer than 100 bytes, the longest 500");
});
