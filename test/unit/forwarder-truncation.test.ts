import { appendFileSync, copyFileSync, statSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { logFile } from "../support/log-files.ts";
import { MemoryStream } from "../support/memory-engine.ts";
import { forwardToMemory } from "../support/memory-forwarding.ts";

function lines(from: number, count: number): string {
  return Array.from({ length: count }, (_, n) => `{"n":${from + n}}\n`).join("");
}

/** Lines of the file before it is truncated, and after; the forwarder marks a file by its first 4 KiB. */
const SIZES: readonly [before: number, after: number][] = [
  [100, 5],
  [100, 3000],
  [2000, 5],
  [2000, 100],
  [2000, 9000],
];

test.each(SIZES)(
  "copytruncate of %i lines while blocks are under way loses nothing, with %i lines after it",
  async (before, after) => {
    const path = logFile(lines(0, before));
    const stream = new MemoryStream();
    let arrivals = 0;
    stream.fate = () => {
      if (++arrivals !== 7) return "stored";
      copyFileSync(path, `${path}.1`);
      truncateSync(path, 0);
      appendFileSync(path, lines(before, after));
      return "stored";
    };
    const changes = await forwardToMemory(path, stream);
    expect(stream.content.toString() === lines(0, before + after)).toBe(true);
    expect(changes).toEqual(["copied"]);
  },
);

test.each(SIZES)(
  "a truncation of %i lines without a copy is reported, and %i lines after it arrive",
  async (before, after) => {
    const path = logFile(lines(0, before));
    const stream = new MemoryStream();
    let arrivals = 0;
    stream.fate = () => {
      if (++arrivals !== 7) return "stored";
      truncateSync(path, 0);
      appendFileSync(path, lines(before, after));
      return "stored";
    };
    const changes = await forwardToMemory(path, stream);
    const content = stream.content.toString();
    expect(content.endsWith(lines(before, after))).toBe(true);
    const old = content.slice(0, content.length - lines(before, after).length);
    expect(lines(0, before).startsWith(old)).toBe(true);
    expect(changes).toEqual(["replaced"]);
  },
);

test("a truncation while the connection is down is noticed by the next one", async () => {
  const path = logFile(lines(0, 2000));
  const stream = new MemoryStream();
  let arrivals = 0;
  stream.fate = () => {
    if (++arrivals !== 7) return "stored";
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
    appendFileSync(path, lines(2000, 4000));
    return "unacknowledged";
  };
  const changes = await forwardToMemory(path, stream);
  expect(stream.content.toString() === lines(0, 6000)).toBe(true);
  expect(changes).toEqual(["copied"]);
});

test("a truncation while the stream is asked where it ends is noticed before anything is sent", async () => {
  const path = logFile(lines(0, 2000));
  const stream = new MemoryStream();
  let arrivals = 0;
  stream.fate = () => (++arrivals === 7 ? "unacknowledged" : "stored");
  let questions = 0;
  stream.compared = () => {
    if (++questions !== 2) return;
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
    appendFileSync(path, lines(2000, 4000));
  };
  const changes = await forwardToMemory(path, stream);
  expect(stream.content.toString() === lines(0, 6000)).toBe(true);
  expect(changes).toEqual(["copied"]);
});

test("a file that got the inode of a removed one is forwarded from its beginning", async (context) => {
  const path = logFile(lines(0, 50));
  const stream = new MemoryStream();
  await forwardToMemory(path, stream);
  const { ino } = statSync(path);
  unlinkSync(path);
  writeFileSync(path, lines(50, 200));
  if (statSync(path).ino !== ino) context.skip("this file system gives a new file another inode");
  const changes = await forwardToMemory(path, stream);
  expect(stream.content.toString() === lines(0, 250)).toBe(true);
  expect(changes).toEqual(["gone"]);
});
