import { randomBytes } from "node:crypto";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkLines } from "../../src/forwarder/check-log.ts";
import type { Finding } from "../../src/forwarder/engines/finding.ts";
import { COMPRESSIONS, type Compression } from "../../src/forwarder/engines/packing.ts";
import { logFile } from "../support/log-files.ts";

function line(bytes: number): string {
  return `${"x".repeat(bytes - 1)}\n`;
}

async function findingOf(path: string, compress?: Compression): Promise<Finding | undefined> {
  for await (const finding of checkLines(path, undefined, { bytesMax: 100, compress })) return finding;
  return undefined;
}

test.each([
  ["of the limit", line(100), []],
  ["one byte longer", line(101), [101]],
  ["that is cut by several reads", `${line(50)}${line(730)}${line(50)}`, [730]],
  ["one after the other", `${line(101)}${line(1)}${line(240)}${line(100)}${line(199)}`, [101, 240, 199]],
  ["without an end in the newest file", `${line(10)}${"x".repeat(500)}`, []],
])("a line %s", async (_, content, expected) => {
  const finding = await findingOf(logFile(content));
  expect(finding).toMatchObject({ level: expected.length > 0 ? "fail" : "ok", subject: "lines" });
  if (expected.length === 0) return;
  const fact = `${expected.length} lines are longer than 100 bytes, the longest ${Math.max(...expected)}, and would be`;
  expect(finding?.fact).toContain(fact);
});

test("an unfinished line of a rotated file counts", async () => {
  const path = logFile("");
  appendFileSync(path, `${line(10)}${"x".repeat(500)}`);
  renameSync(path, `${path}.1`);
  writeFileSync(path, "");
  const finding = await findingOf(path);
  expect(finding?.fact).toContain("1 lines are longer than 100 bytes, the longest 500");
});

test.each(COMPRESSIONS)("with --compress %s, a line is as long as it is sent", async (compress) => {
  const random = randomBytes(400).toString("base64");
  const path = logFile(`${line(10)}${line(500)}${line(90)}`);
  expect(await findingOf(path)).toMatchObject({ level: "fail" });
  expect(await findingOf(path, compress)).toMatchObject({ level: "ok" });
  appendFileSync(path, `${random}\n${line(300)}`);
  const finding = await findingOf(path, compress);
  expect(finding?.fact).toContain(`1 lines are longer than 100 bytes, compressed by ${compress}, the longest`);
});
