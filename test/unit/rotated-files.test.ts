import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { isRotatedName, RotatedFiles } from "../../src/sink/rotated-files.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const EARLY = "20260101T000000000Z";
const LATE = "20260101T000000001Z";

function make(output: string, ...suffixes: readonly string[]): void {
  for (const suffix of suffixes) writeFileSync(`${output}.${suffix}`, "");
}

/** Suffixes of all forms, in order. */
async function listed(output: string): Promise<string[][]> {
  const { files } = await new RotatedFiles(output).list();
  return files.map(({ plain, gzip }) => [plain, gzip].flatMap((path) => path?.slice(output.length + 1) ?? []));
}

describe("the rotated files of an output", () => {
  test("are in the order in which they were finished, whatever their form and however many have one stamp", async () => {
    const output = join(temporaryDirectory(), "app.jsonl");
    make(
      output,
      `${EARLY}-10.gz`,
      `${LATE}.gz`,
      `${EARLY}-2`,
      EARLY,
      `${EARLY}-1`,
      `${EARLY}.gz`,
      LATE.replace("1Z", "2Z"),
    );
    expect(await listed(output)).toEqual([
      [EARLY, `${EARLY}.gz`],
      [`${EARLY}-1`],
      [`${EARLY}-2`],
      [`${EARLY}-10.gz`],
      [`${LATE}.gz`],
      [LATE.replace("1Z", "2Z")],
    ]);
  });

  test("are regular files of its own name, and nothing else", async () => {
    const directory = temporaryDirectory();
    const output = join(directory, "app.jsonl");
    make(output, EARLY, `torn-${EARLY}`, `suspect-${EARLY}`, "1", "web", `${EARLY}-0`, `${EARLY}-01`, `${EARLY}.part`);
    // Of outputs whose names begin alike.
    make(`${output}.web`, EARLY);
    make(`${output}.${EARLY}`, LATE);
    make(join(directory, "app"), EARLY);
    mkdirSync(`${output}.${LATE}`);
    symlinkSync("/etc/passwd", `${output}.${LATE}-1`);
    expect(await listed(output)).toEqual([[EARLY]]);
  });

  test("have partial ones apart, links among them", async () => {
    const output = join(temporaryDirectory(), "app.jsonl");
    make(output, `${EARLY}.gz.part`);
    symlinkSync("/etc/passwd", `${output}.${LATE}.gz.part`);
    mkdirSync(`${output}.${LATE}-1.gz.part`);
    const { files, partial } = await new RotatedFiles(output).list();
    expect(files).toEqual([]);
    expect(partial.map((path) => basename(path)).toSorted()).toEqual([
      `app.jsonl.${EARLY}.gz.part`,
      `app.jsonl.${LATE}.gz.part`,
    ]);
  });
});

describe("the next file's name", () => {
  const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms);

  test("has the time", () => {
    const output = join(temporaryDirectory(), "app.jsonl");
    expect(new RotatedFiles(output).nextName(at(1))).toBe(`${output}.${LATE}`);
    expect(new RotatedFiles(output).nextName(at(1), "suspect-")).toBe(`${output}.suspect-${LATE}`);
  });

  test("comes behind all others when the clock is set back, in one run and from run to run", async () => {
    const output = join(temporaryDirectory(), "app.jsonl");
    const rotated = new RotatedFiles(output);
    const names = [1, 1, 0, -1e9].map((ms) => rotated.nextName(at(ms)));
    expect(names).toEqual(["", "-1", "-2", "-3"].map((count) => `${output}.${LATE}${count}`));
    make(output, `${LATE}-2.gz`, `suspect-${LATE}-12`);
    const later = new RotatedFiles(output);
    await later.list();
    expect([later.nextName(at(0)), later.nextName(at(2))]).toEqual([
      `${output}.${LATE}-13`,
      `${output}.${LATE.replace("1Z", "2Z")}`,
    ]);
  });

  test("is nobody's, in no form", () => {
    const output = join(temporaryDirectory(), "app.jsonl");
    make(output, LATE, `${LATE}-1.gz`);
    mkdirSync(`${output}.${LATE}-2`);
    symlinkSync("nowhere", `${output}.${LATE}-3`);
    expect(new RotatedFiles(output).nextName(at(1))).toBe(`${output}.${LATE}-4`);
  });
});

test.each<[string, boolean]>([
  ["/var/log/app.jsonl", false],
  [`/var/log/app.jsonl.${EARLY}`, true],
  [`app.jsonl.${EARLY}-3.gz`, true],
  [`app.jsonl.${EARLY}.gz.part`, true],
  [`app.jsonl.torn-${EARLY}`, false],
  [`.${EARLY}`, false],
  [`${EARLY}`, false],
  [`app.${EARLY}.jsonl`, false],
])("%s has a rotated file's name: %s", (path, expected) => {
  expect(isRotatedName(path)).toBe(expected);
});
