import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { AggregatorProcess, diagnostic, runUnprivileged } from "../support/aggregator-process.ts";
import { eventually } from "../support/fault-wait.ts";
import { openRawSender } from "../support/raw-sender.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

const MiB = 1024 * 1024;
const OUTPUT = "aggregated_logs.jsonl";
const STAMP = "20260101T000000000Z";
const LINES = '{"n":1}\n'.repeat(10_000);

/** Names beside the output, without its name. */
function beside(cwd: string): string[] {
  return readdirSync(cwd)
    .filter((name) => name.startsWith(`${OUTPUT}.`))
    .map((name) => name.slice(OUTPUT.length + 1))
    .toSorted();
}

function rotated(cwd: string, suffix: string, text = LINES): string {
  const path = join(cwd, `${OUTPUT}.${suffix}`);
  writeFileSync(path, text, { mode: 0o640 });
  return path;
}

/** Resolves when the directory holds these names beside the output. */
async function settled(aggregator: AggregatorProcess, names: readonly string[]): Promise<void> {
  const found = (): string[] => beside(aggregator.cwd);
  await eventually(
    () => found().join() === names.join(),
    () => `${found()} instead of ${names}`,
  );
}

const isGzip = (name: string): boolean => name.endsWith(".gz");

const ROTATING = ["unixsock", "--rotate-size", "1MiB"];

describe("what an earlier run left", () => {
  test("is compressed by the next one, with the mode that it had, and partial files go", async () => {
    const cwd = temporaryDirectory();
    rotated(cwd, STAMP);
    rotated(cwd, `${STAMP}-1.gz.part`, "cut short");
    rotated(cwd, `${STAMP}.gz.part`, "cut short");
    const aggregator = await AggregatorProcess.start([...ROTATING, "--rotate-compress", "gzip"], { cwd });
    await settled(aggregator, [`${STAMP}.gz`]);
    const path = join(cwd, `${OUTPUT}.${STAMP}.gz`);
    expect(gunzipSync(readFileSync(path)).toString()).toBe(LINES);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect((await aggregator.stop()).status).toBe(0);
  });

  test("in both forms is compared: the plain file goes when they are the same, else both stay", async () => {
    const cwd = temporaryDirectory();
    rotated(cwd, STAMP);
    writeFileSync(join(cwd, `${OUTPUT}.${STAMP}.gz`), gzipSync(LINES));
    for (const [count, gzip] of [gzipSync(`${LINES}more`), gzipSync(LINES).subarray(0, 50), "no gzip"].entries()) {
      rotated(cwd, `${STAMP}-${count + 1}`);
      writeFileSync(join(cwd, `${OUTPUT}.${STAMP}-${count + 1}.gz`), gzip);
    }
    const aggregator = await AggregatorProcess.start([...ROTATING, "--rotate-compress", "gzip"], { cwd });
    await aggregator.until(() => aggregator.stderr.includes(`${STAMP}-3 can't be compressed`), "to compare them all");
    const both = [1, 2, 3].flatMap((count) => [`${STAMP}-${count}`, `${STAMP}-${count}.gz`]);
    expect(beside(cwd)).toEqual([...both, `${STAMP}.gz`]);
    await aggregator.stop();
  });

  test("is pruned before anybody can connect, the oldest first, whatever else has such a name", async () => {
    const cwd = temporaryDirectory();
    mkdirSync(join(cwd, `${OUTPUT}.20250101T000000000Z`));
    symlinkSync("/etc/passwd", join(cwd, `${OUTPUT}.20250102T000000000Z`));
    for (const suffix of [STAMP, `${STAMP}-1`, `${STAMP}-2.gz`, `${STAMP}-10`, `${STAMP}-9`]) rotated(cwd, suffix);
    rotated(cwd, `suspect-${STAMP}`);
    rotated(cwd, `torn-${STAMP}`);
    const aggregator = await AggregatorProcess.start([...ROTATING, "--rotate-keep", "2"], { cwd });
    expect(beside(cwd)).toEqual([
      "20250101T000000000Z",
      "20250102T000000000Z",
      `${STAMP}-10`,
      `${STAMP}-9`,
      `suspect-${STAMP}`,
      `torn-${STAMP}`,
    ]);
    const { ledger } = await aggregator.stop();
    expect(ledger).toMatchObject({ output: { removedFiles: 3, removedBytes: 3 * LINES.length } });
    expect(aggregator.stderr).toContain("3 rotated files were removed (240000 bytes): more than --rotate-keep");
  });
});

test("rotated files are compressed with the mode that was asked for, and only so many stay", async () => {
  const limits = ["--rotate-size", "100KB", "--rotate-keep", "2", "--rotate-compress", "gzip", "--mode", "0640"];
  const aggregator = await AggregatorProcess.start(["unixsock", ...limits]);
  const sender = openRawSender(aggregator.endpoint("unixsock"), "stream");
  for (let rotations = 1; rotations <= 4; rotations++) {
    sender.write('{"n":1}\n'.repeat(13_000));
    await aggregator.until(() => aggregator.stderr.split("was rotated to").length > rotations, "to rotate");
  }
  const isTidy = (): boolean => beside(aggregator.cwd).length === 2 && beside(aggregator.cwd).every(isGzip);
  await eventually(isTidy, () => `${beside(aggregator.cwd)} instead of two .gz files`);
  for (const name of beside(aggregator.cwd)) {
    const path = join(aggregator.cwd, `${OUTPUT}.${name}`);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(gunzipSync(readFileSync(path)).toString()).toMatch(/^(\{"n":1\}\n){12000,}$/);
  }
  const { ledger } = await aggregator.stop();
  expect(ledger).toMatchObject({ stored: 52_000, output: { removedFiles: 2 } });
});

test("--rotate-total removes the oldest until the others together are no larger", async () => {
  const cwd = temporaryDirectory();
  for (const count of [1, 2, 3, 4]) rotated(cwd, `${STAMP}-${count}`);
  const limit = String(2 * LINES.length);
  const aggregator = await AggregatorProcess.start(["unixsock", "--rotate-size", "10KB", "--rotate-total", limit], {
    cwd,
  });
  expect(beside(cwd)).toEqual([`${STAMP}-3`, `${STAMP}-4`]);
  expect((await aggregator.stop()).ledger).toMatchObject({ output: { removedFiles: 2 } });
});

test("--keep-free removes the oldest while less is free, never the output, and says once that nothing is left", async (context) => {
  const cwd = mountTmpfs(context, 16 * MiB);
  const plain = [1, 2, 3].map((count) => `${STAMP}-${count}`);
  for (const suffix of plain) rotated(cwd, suffix, "x".repeat(2 * MiB));
  const args = [...ROTATING, "--keep-free", "8MiB", "--stats-interval", "100ms"];
  const aggregator = await AggregatorProcess.start(args, { cwd });
  openRawSender(aggregator.endpoint("unixsock"), "stream").write(LINES);
  await settled(aggregator, plain);
  writeFileSync(join(cwd, "ballast"), Buffer.alloc(4 * MiB));
  await settled(aggregator, plain.slice(2));
  await aggregator.until(() => aggregator.stderr.includes("less free space than --keep-free"), "to say so");
  expect(aggregator.stderr).not.toContain("free some space");
  writeFileSync(join(cwd, "ballast"), Buffer.alloc(9 * MiB));
  await aggregator.until(() => aggregator.stderr.includes("free some space"), "to say that nothing is left");
  expect(beside(cwd)).toEqual([]);
  const seconds = secondsOf(aggregator);
  await aggregator.until(() => secondsOf(aggregator) > seconds + 2, "to look some more times");
  expect(aggregator.stderr.split("free some space")).toHaveLength(2);
  expect(readFileSync(join(cwd, OUTPUT), "utf8")).toBe(LINES);
  expect((await aggregator.stop()).ledger).toMatchObject({ output: { removedFiles: 3, removedBytes: 6 * MiB } });
});

/** Of the newest ledger that it printed. */
function secondsOf(aggregator: AggregatorProcess): number {
  const newest = aggregator.stdout.split("\n").findLast((line) => /"event":"stats".*}$/.test(line));
  return newest === undefined ? 0 : JSON.parse(newest).seconds;
}

test("rotation in a directory that can't be read is refused", async () => {
  const cwd = temporaryDirectory();
  mkdirSync(join(cwd, "closed"), { mode: 0o300 });
  writeFileSync(join(cwd, "closed", "x.jsonl"), "");
  const { status, stderr } = runUnprivileged(["unixsock=./s", "-o", "closed/x.jsonl", "--rotate-size", "1MiB"], cwd);
  expect(diagnostic({ stderr }, "error")).toMatchObject({
    code: "OUTPUT_UNWRITABLE",
    msg: "rotated files can't be looked for in closed (EACCES); fix that or do without rotation",
  });
  expect(status).toBe(1);
});
