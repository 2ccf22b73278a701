import { spawnSync } from "node:child_process";
import { type BigIntStats, closeSync, openSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Removal } from "../../src/sink/output-events.ts";
import { Retention } from "../../src/sink/retention.ts";
import { NO_ROTATION, type RotationPlan } from "../../src/sink/rotation.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

const MiB = 1024 * 1024;
const STAMP = "20260101T000000000Z";

interface Trial {
  readonly retention: Retention;
  readonly removals: Removal[];
  readonly shortages: (number | undefined)[];
  readonly troubles: string[];
}

function retain(
  output: string,
  plan: Partial<RotationPlan>,
  isOpen: (file: BigIntStats) => boolean = () => false,
): Trial {
  const [removals, shortages, troubles]: [Removal[], (number | undefined)[], string[]] = [[], [], []];
  const events = {
    removed: (removal: Removal) => void removals.push(removal),
    spaceShort: (freeBytes: number | undefined) => void shortages.push(freeBytes),
    problem: (error: unknown) => void troubles.push(String(error)),
  };
  const retention = new Retention(output, { ...NO_ROTATION, bytesMax: MiB, ...plan }, { isOpen, events });
  onTestFinished(() => retention.close());
  return { retention, removals, shortages, troubles };
}

/** Makes rotated files, oldest first. @returns the output's name */
function rotated(directory: string, count: number, bytes = 10): string {
  const output = join(directory, "app.jsonl");
  for (let i = 1; i <= count; i++) writeFileSync(`${output}.${STAMP}-${i}`, Buffer.alloc(bytes));
  return output;
}

/** Counts of the files that are left. */
function left(output: string): number[] {
  return readdirSync(join(output, ".."))
    .flatMap((name) => /-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
}

test("of very many files only the newest stay, and one removal tells of all", async () => {
  const output = rotated(temporaryDirectory(), 3000);
  const { retention, removals } = retain(output, { keep: 3 });
  await retention.begin();
  expect(left(output)).toEqual([2998, 2999, 3000]);
  expect(removals).toEqual([
    {
      limit: "keep",
      files: 2997,
      bytes: 29_970,
      unforwardedBytes: 0,
      oldest: `${output}.${STAMP}-1`,
      newest: `${output}.${STAMP}-2997`,
    },
  ]);
});

test("a file in both forms is one file, and both go", async () => {
  const output = rotated(temporaryDirectory(), 3);
  writeFileSync(`${output}.${STAMP}-1.gz`, "12345");
  const { retention } = retain(output, { keep: 1 });
  await retention.begin();
  expect(readdirSync(join(output, ".."))).toEqual([`app.jsonl.${STAMP}-3`]);
  expect(retention.counts).toEqual({ removedFiles: 2, removedBytes: 25, removedUnforwardedBytes: 0 });
});

test("the size of all together counts from the newest, and limits are met one after the other", async () => {
  const output = rotated(temporaryDirectory(), 9, 100);
  const { retention, removals } = retain(output, { keep: 7, totalBytesMax: 450 });
  await retention.begin();
  expect(left(output)).toEqual([6, 7, 8, 9]);
  expect(removals.map(({ limit, files }) => [limit, files])).toEqual([
    ["keep", 2],
    ["totalBytesMax", 3],
  ]);
  expect(retention.counts).toEqual({ removedFiles: 5, removedBytes: 500, removedUnforwardedBytes: 0 });
});

test("the file that lines go to stays, whatever its name", async () => {
  const output = rotated(temporaryDirectory(), 4);
  const { ino } = statSync(`${output}.${STAMP}-1`, { bigint: true });
  const { retention } = retain(output, { keep: 1, compress: true }, (file) => file.ino === ino);
  await retention.begin();
  await retention.close();
  expect(left(output)).toContain(1);
  expect(left(output)).not.toContain(2);
});

test("a file that can't be removed is told once, and keeps no other from being removed", async (context) => {
  const output = rotated(temporaryDirectory(), 5);
  const files = [1, 2].map((count) => `${output}.${STAMP}-${count}`);
  for (const file of files) {
    const { status, stderr } = spawnSync("mount", ["--bind", file, file]);
    if (status !== 0) context.skip(`needs to mount one file over another: ${stderr}`);
    onTestFinished(() => void spawnSync("umount", ["--lazy", file]));
  }
  const { retention, troubles } = retain(output, { keep: 1 });
  await retention.begin();
  expect(left(output)).toEqual([1, 2, 5]);
  expect(troubles).toEqual([expect.stringContaining("EBUSY")]);
  expect(retention.counts.removedFiles).toBe(2);
});

describe("when less is free than there should be", () => {
  test("no more is removed because a reader still has a removed file open", async (context) => {
    const output = rotated(mountTmpfs(context, 16 * MiB), 4, 3 * MiB);
    const reader = openSync(`${output}.${STAMP}-1`, "r");
    onTestFinished(() => closeSync(reader));
    const { retention, shortages } = retain(output, { freeBytesMin: 6 * MiB });
    await retention.begin();
    retention.look();
    await retention.close();
    expect(left(output)).toEqual([2, 3, 4]);
    expect(shortages).toEqual([]);
  });

  test("all may go, which is told once until there was enough again", async (context) => {
    const disk = mountTmpfs(context, 16 * MiB);
    const output = rotated(disk, 2, MiB);
    writeFileSync(join(disk, "ballast"), Buffer.alloc(10 * MiB));
    const { retention, shortages } = retain(output, { freeBytesMin: 8 * MiB });
    await retention.begin();
    expect(left(output)).toEqual([]);
    expect(shortages).toEqual([6 * MiB]);
    retention.look();
    retention.added();
    retention.look();
    expect(shortages).toHaveLength(1);
  });
});
