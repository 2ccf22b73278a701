import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { logFile, producerLine, producerLines, repeatedFile } from "../support/log-files.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runVerify } from "../support/verify-command.ts";

const MiB = 1024 * 1024;
const HEAP_MB = 160;
/** Several times what the heap of the small ones may hold. */
const MIB_EXPANDED = 128;
const SMALL_HEAP_MB = 40;

/** The shortest line that counts, for files of many. */
function shortLine(producer: string, seq: number): string {
  return `{"producer":"${producer}","seq":${seq},"sentAtNs":1,"timestamp":1}\n`;
}

/** A file of the lines for 0 to `count` - 1. */
function longFile(count: number, line: (i: number) => string): string {
  const path = join(temporaryDirectory(), "app.jsonl");
  const step = 50_000;
  for (let from = 0; from < count; from += step) {
    const lines = Array.from({ length: Math.min(step, count - from) }, (_, i) => line(from + i)).join("");
    writeFileSync(path, lines, { flag: "a" });
  }
  return path;
}

test("names and paths can't act on the terminal or forge a verdict", async () => {
  const verdict = "complete: all lines are here, once and in order";
  const names = [
    `a\u001b[2J\u001b]0;x\u0007`,
    `b\r\n${verdict}`,
    "c\u009b2J\u0085",
    "d\u202e\u2066\u200f",
    "e\u007f\u2028\u{e0041}",
  ];
  const path = logFile(
    `${names.map((name) => producerLine(name, 0, { run: name })).join("")}{"to`,
    "x\u009b\u202e.jsonl",
  );
  const table = await runVerify([path]);
  expect(table.status).toBe(3);
  expect(table.stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(table.lines.filter((line) => line.startsWith("complete"))).toEqual([]);
  expect(table.stdout).toContain(String.raw`a\u001b[2J\u001b]0;x\u0007`);
  expect(table.stdout).toContain(String.raw`x\u009b\u202e.jsonl ends inside a line`);
  const json = await runVerify([path, "--json"]);
  expect(json.stdout).toMatch(/^[ -~]+\n$/);
  const { runs, torn } = JSON.parse(json.stdout);
  expect([runs.map((run: { producer: string }) => run.producer), torn]).toEqual([names, [path]]);
});

test("a time that is not a date is shown as none", async () => {
  for (const timestamp of [1e300, -1e300, 8.64e12 + 1]) {
    const { status, stdout, stderr } = await runVerify([logFile(producerLine("a", 0, { timestamp }))]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^a .* – +–$/m);
  }
});

test("one forged number is reported as implausible", async () => {
  const forged = logFile(producerLines("web-1", 1000) + producerLine("web-1", Number.MAX_SAFE_INTEGER));
  const { status, lines } = await runVerify([forged]);
  expect([status, lines.at(-1)]).toEqual([3, "NOT whole: 1 implausible number"]);
  expect(lines.at(-3)).toContain("number 9007199254740991 after 999;");
});

test("a line of null doesn't end the file", async () => {
  const content = `${producerLine("a", 0)}null\n${producerLine("a", 2)}`;
  expect((await runVerify([logFile(content)])).lines.at(-1)).toBe("NOT whole: 1 missing, 1 not JSON");
});

test("400,000 gaps that come last to first", async () => {
  const path = longFile(400_000, (i) => shortLine("a", 2 * (400_000 - i)));
  const { status, lines } = await runVerify([path], HEAP_MB);
  expect([status, lines.at(-1)]).toEqual([
    3,
    expect.stringMatching(/^NOT whole: at least 400001 missing, .* too late to be placed/),
  ]);
});

test("a million gaps are counted exactly, in memory for a few thousand", async () => {
  const path = longFile(1_000_000, (i) => shortLine("a", 2 * i));
  const { status, lines } = await runVerify([path], SMALL_HEAP_MB);
  expect([status, lines.at(-1)]).toEqual([3, "NOT whole: 999999 missing"]);
});

test("half a million names", async () => {
  const path = longFile(500_000, (i) => shortLine(`name-${i}`, 0));
  const { status, lines } = await runVerify([path], HEAP_MB);
  expect([status, lines.at(-1)]).toEqual([
    3,
    expect.stringMatching(/^undecided, .* 400000 lines of producers that were not accounted for/),
  ]);
  expect(lines.length).toBeLessThan(110);
  const few = await runVerify([path, "--max-producers", "10"], SMALL_HEAP_MB);
  expect(few.lines.at(-1)).toContain("499990 lines of producers");
});

const BLANKS = MIB_EXPANDED * MiB;
const OBJECTS = MIB_EXPANDED * Math.floor(MiB / 3);

test.each([
  ["NUL bytes", "\0".repeat(MiB), "0 lines,"],
  ["blank lines", "\n".repeat(MiB), `${BLANKS} lines, 0 of other programs, ${BLANKS} not JSON`],
  ["lines of {}", "{}\n".repeat(Math.floor(MiB / 3)), `${OBJECTS} lines, ${OBJECTS} of other programs,`],
])(`a .gz file of some MB that expands to ${MIB_EXPANDED} MiB: %s`, async (_what, part, counted) => {
  const path = await repeatedFile(Buffer.from(part), MIB_EXPANDED, "app.jsonl.gz");
  const { status, stdout } = await runVerify([path], SMALL_HEAP_MB);
  expect(status).toBe(3);
  expect(stdout).toContain(counted);
  const limited = await runVerify([path, "--max-bytes", "10MiB"], SMALL_HEAP_MB);
  expect(limited.status).toBe(3);
  expect(limited.stdout).toContain("1 file not read to the end (--max-bytes)");
});
