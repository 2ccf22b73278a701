import { mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareRotatedNames, parseRotatedName } from "../../src/core/rotated-name.ts";
import { hasChanged, rotatedSet } from "../../src/lab/rotated-set.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const T1 = "20261123T040000000Z";
const T2 = "20261123T040000001Z";

/** Makes the files and returns the set of `app.jsonl`, names without their directory. */
async function setOf(...names: string[]): Promise<{ files: string[]; notes: Record<string, string> }> {
  const directory = temporaryDirectory();
  for (const name of names) writeFileSync(join(directory, name), "");
  const { files, notes } = await rotatedSet(join(directory, "app.jsonl"));
  const short = (path: string): string => path.slice(directory.length + 1);
  return { files: files.map(short), notes: Object.fromEntries(notes.map(({ path, note }) => [short(path), note])) };
}

describe("rotatedSet", () => {
  test("is the file alone when there is nothing else", async () => {
    expect(await setOf("app.jsonl", "other.jsonl", `other.jsonl.${T1}`)).toEqual({ files: ["app.jsonl"], notes: {} });
  });

  test("is in the order of time, also within one millisecond, compressed or not", async () => {
    const names = [
      `app.jsonl.${T1}.gz`,
      `app.jsonl.${T1}-1`,
      `app.jsonl.${T1}-2.gz`,
      `app.jsonl.${T1}-10`,
      `app.jsonl.${T2}`,
    ];
    const { files, notes } = await setOf("app.jsonl", ...[...names].reverse());
    expect([files, notes]).toEqual([[...names, "app.jsonl"], {}]);
  });

  test("reads a file once that a crash left both compressed and not, and no unfinished compression", async () => {
    const { files, notes } = await setOf(
      "app.jsonl",
      `app.jsonl.${T1}`,
      `app.jsonl.${T1}.gz`,
      `app.jsonl.${T2}`,
      `app.jsonl.${T2}.gz.part`,
    );
    expect(files).toEqual([`app.jsonl.${T1}`, `app.jsonl.${T2}`, "app.jsonl"]);
    expect(notes).toEqual({
      [`app.jsonl.${T1}.gz`]: expect.stringContaining("compressed copy"),
      [`app.jsonl.${T2}.gz.part`]: expect.stringContaining("unfinished"),
    });
  });

  test("reads suspect files in their place and says what they are", async () => {
    const { files, notes } = await setOf("app.jsonl", `app.jsonl.${T2}`, `app.jsonl.suspect-${T1}`);
    expect(files).toEqual([`app.jsonl.suspect-${T1}`, `app.jsonl.${T2}`, "app.jsonl"]);
    expect(notes).toEqual({ [`app.jsonl.suspect-${T1}`]: expect.stringContaining("a sync of it failed") });
  });

  test("names what it leaves out: torn ends, and files that logrotate named", async () => {
    const { files, notes } = await setOf(
      "app.jsonl",
      `app.jsonl.torn-${T1}`,
      "app.jsonl.1",
      "app.jsonl.2.gz",
      "app.jsonl.md5",
    );
    expect([files, Object.keys(notes).sort()]).toEqual([
      ["app.jsonl"],
      ["app.jsonl.1", "app.jsonl.2.gz", `app.jsonl.torn-${T1}`],
    ]);
  });

  test("leaves out what rotation can't have made, whoever made it", async () => {
    const directory = temporaryDirectory();
    const output = join(directory, "app.jsonl");
    writeFileSync(output, "");
    mkdirSync(`${output}.${T1}`);
    symlinkSync("/dev/zero", `${output}.${T2}.gz`);
    const { files, notes } = await rotatedSet(output);
    expect([files, notes.map(({ note }) => note)]).toEqual([[output], Array(2).fill("skipped: not a regular file")]);
  });

  test("does without the output itself when only rotated files are left, and not without any", async () => {
    expect(await setOf(`app.jsonl.${T1}`)).toEqual({
      files: [`app.jsonl.${T1}`],
      notes: { "app.jsonl": expect.stringContaining("doesn't exist") },
    });
    expect((await setOf()).files).toEqual(["app.jsonl"]);
  });

  test("has changed after a rotation or a removal, and not after a compression", async () => {
    const output = join(temporaryDirectory(), "app.jsonl");
    const [first, second] = [`${output}.${T1}`, `${output}.${T2}`];
    for (const path of [first, output]) writeFileSync(path, "");
    const set = await rotatedSet(output);
    expect(await hasChanged(output, set)).toBe(false);
    writeFileSync(`${first}.gz`, "");
    expect(await hasChanged(output, set)).toBe(false);
    unlinkSync(first);
    expect(await hasChanged(output, set)).toBe(false);
    renameSync(output, second);
    writeFileSync(output, "");
    expect(await hasChanged(output, set)).toBe(true);
    const later = await rotatedSet(output);
    unlinkSync(`${first}.gz`);
    expect(await hasChanged(output, later)).toBe(true);
  });

  test("a rotated file given by its own name has no set", async () => {
    const directory = temporaryDirectory();
    for (const name of ["app.jsonl", `app.jsonl.${T1}`]) writeFileSync(join(directory, name), "");
    const path = join(directory, `app.jsonl.${T1}`);
    expect(await rotatedSet(path)).toEqual({ files: [path], notes: [] });
  });
});

test("names of other files are no rotated ones", () => {
  for (const name of [
    "app.jsonl",
    "app.jsonl.1",
    `app.jsonl.${T1}.gz.part`,
    `app.jsonl.${T1}x`,
    `xapp.jsonl.${T1}`,
    `app.jsonl-${T1}`,
  ]) {
    expect(parseRotatedName("app.jsonl", name)).toBeUndefined();
  }
  expect(parseRotatedName("a", `a.suspect-${T1}-3.gz`)).toEqual({
    name: `a.suspect-${T1}-3.gz`,
    isSuspect: true,
    isCompressed: true,
    time: T1,
    nth: 3,
  });
  expect(
    [`a.${T1}-10`, `a.${T1}`, `a.${T1}-2.gz`]
      .map((name) => parseRotatedName("a", name))
      .flatMap((name) => name ?? [])
      .sort(compareRotatedNames)
      .map(({ nth }) => nth),
  ).toEqual([0, 2, 10]);
});
