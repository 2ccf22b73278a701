import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  type BigIntStats,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { compress, LeftAlone } from "../../src/sink/compress.ts";
import { rejectionOf } from "../support/failure.ts";
import { leftOver, openResources } from "../support/resources.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

/** Enough, and hard enough to compress, that much happens between its first and its last byte. */
const LINES = Array.from({ length: 1000 }, () => `{"noise":"${randomBytes(1000).toString("hex")}"}\n`).join("");

function rotated(mode = 0o600, directory: string = temporaryDirectory()): string {
  const path = join(directory, "app.jsonl.20260101T000000000Z");
  writeFileSync(path, LINES, { mode });
  return path;
}

const beside = (path: string): string[] =>
  readdirSync(dirname(path))
    .map((name) => name.slice("app.jsonl.20260101T000000000Z".length))
    .toSorted();

function compressed(path: string, signal: AbortSignal = new AbortController().signal): Promise<void> {
  return compress(path, { isOpen: () => false, signal });
}

/** Compresses, and does something as soon as a part of the result is there. */
async function compressedWhile(path: string, change: () => void): Promise<unknown> {
  const outcome = rejectionOf(compressed(path));
  while ((statSync(`${path}.gz.part`, { throwIfNoEntry: false })?.size ?? 0) === 0) await new Promise(setImmediate);
  change();
  return outcome;
}

test.each([0o600, 0o640, 0o444])("the result is whole, alone, and has the file's mode %o", async (mode) => {
  const path = rotated(mode);
  await compressed(path);
  expect(beside(path)).toEqual([".gz"]);
  expect(gunzipSync(readFileSync(`${path}.gz`)).toString()).toBe(LINES);
  expect(statSync(`${path}.gz`).mode & 0o777).toBe(mode);
});

test("the file that lines go to is left alone", async () => {
  const path = rotated();
  const { ino } = statSync(path, { bigint: true });
  const isOpen = (file: BigIntStats): boolean => file.ino === ino;
  await compress(path, { isOpen, signal: new AbortController().signal });
  expect(beside(path)).toEqual([""]);
});

describe("what isn't a regular file is left alone:", () => {
  test("a link", async () => {
    const path = rotated();
    renameSync(path, `${path}-target`);
    symlinkSync(`${path}-target`, path);
    expect(await rejectionOf(compressed(path))).toMatchObject({ code: "ELOOP" });
    expect(beside(path)).toEqual(["", "-target"]);
  });

  test("a FIFO", async () => {
    const path = join(temporaryDirectory(), "app.jsonl.20260101T000000000Z");
    execFileSync("mkfifo", [path]);
    await compressed(path);
    expect(beside(path)).toEqual([""]);
  });
});

test("what has the partial file's name is neither written nor removed", async () => {
  const path = rotated();
  const victim = join(temporaryDirectory(), "victim");
  writeFileSync(victim, "mine");
  symlinkSync(victim, `${path}.gz.part`);
  expect(await rejectionOf(compressed(path))).toMatchObject({ code: "EEXIST" });
  expect(readFileSync(victim, "utf8")).toBe("mine");
  expect(readlinkSync(`${path}.gz.part`)).toBe(victim);
  expect(readFileSync(path, "utf8")).toBe(LINES);
});

describe("what others change meanwhile is theirs, and nothing is lost:", () => {
  test("the file was replaced by a link", async () => {
    const path = rotated();
    const moved = join(temporaryDirectory(), "moved");
    const error = await compressedWhile(path, () => {
      writeFileSync(moved, "");
      renameSync(path, `${path}-moved`);
      symlinkSync(moved, path);
    });
    expect(error).toBeInstanceOf(LeftAlone);
    expect(readlinkSync(path)).toBe(moved);
    expect(beside(path)).toEqual(["", "-moved"]);
    expect(readFileSync(`${path}-moved`, "utf8")).toBe(LINES);
  });

  test("lines were appended to the file", async () => {
    const path = rotated();
    expect(await compressedWhile(path, () => appendFileSync(path, "late\n"))).toBeInstanceOf(LeftAlone);
    expect(beside(path)).toEqual([""]);
    expect(readFileSync(path, "utf8")).toBe(`${LINES}late\n`);
  });

  test("the partial file was replaced", async () => {
    const path = rotated();
    const error = await compressedWhile(path, () => {
      rmSync(`${path}.gz.part`);
      writeFileSync(`${path}.gz.part`, "theirs");
    });
    expect(error).toBeInstanceOf(LeftAlone);
    expect(readFileSync(`${path}.gz.part`, "utf8")).toBe("theirs");
    expect(readFileSync(path, "utf8")).toBe(LINES);
  });

  test("a gzip file was made", async () => {
    const path = rotated();
    expect(await compressedWhile(path, () => writeFileSync(`${path}.gz`, "theirs"))).toBeInstanceOf(LeftAlone);
    expect(readFileSync(`${path}.gz`, "utf8")).toBe("theirs");
    expect(beside(path)).toEqual(["", ".gz"]);
  });
});

test("stopped in the middle it leaves the file as it was, and no descriptor", async () => {
  const path = rotated();
  const before = openResources();
  const stop = new AbortController();
  const outcome = rejectionOf(compressed(path, stop.signal));
  while (!existsSync(`${path}.gz.part`)) await new Promise(setImmediate);
  stop.abort();
  expect(await outcome).toMatchObject({ name: "AbortError" });
  expect(beside(path)).toEqual([""]);
  expect(await leftOver(before)).toEqual([]);
});

test("on a full disk it leaves the file as it was", async (context) => {
  const disk = mountTmpfs(context, 4 * 1024 * 1024);
  const path = rotated(0o600, disk);
  const ballast = openSync(join(disk, "ballast"), "w");
  expect(() => {
    for (;;) writeSync(ballast, Buffer.alloc(4096));
  }).toThrow("ENOSPC");
  closeSync(ballast);
  expect(await rejectionOf(compressed(path))).toMatchObject({ code: "ENOSPC" });
  expect(readdirSync(disk).toSorted()).toEqual([basename(path), "ballast"]);
  expect(readFileSync(path, "utf8")).toBe(LINES);
});
