import { copyFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkpointPath } from "../../src/checkpoint/checkpoint.ts";
import { Audit, isFlawed } from "../../src/forwarder/audit.ts";
import { readStatus } from "../../src/forwarder/status.ts";
import { ForwardedLog } from "../support/forwarded-log.ts";

/** Of the first so many lines. */
function bytesOf(content: string, lines: number): number {
  return content.split("\n", lines).join("\n").length + 1;
}

/** What an audit finds in the stream. */
function flaws({ stream }: ForwardedLog): unknown[] {
  const audit = new Audit();
  for (const message of stream.messages) audit.add({ ...message, host: "h", isDamaged: false });
  return audit.files.filter(isFlawed);
}

test.each([
  [4000, 0],
  [4000, 10],
  [4000, 3000],
  [4999, 1],
  [600, 5000],
])("a file of 5000 lines that has kept %i, and got %i more before the next look, loses none", async (kept, added) => {
  const log = new ForwardedLog();
  const content = log.grow(5000);
  expect(await log.forward()).toBe(content);
  truncateSync(log.path, bytesOf(content, kept));
  const more = log.grow(added);
  expect(await log.forward()).toBe(content + more);
  expect(log.changes).toEqual(["shortened"]);
  expect(await log.forward()).toBe(content + more);
  const later = log.grow(7);
  expect(await log.forward()).toBe(content + more + later);
  expect(log.changes).toEqual(["shortened"]);
  expect(flaws(log)).toEqual([]);
});

test("a line that was cut in its middle is forwarded as what it has become", async () => {
  const log = new ForwardedLog();
  const content = log.grow(5000);
  await log.forward();
  const end = bytesOf(content, 4000) + 4;
  truncateSync(log.path, end);
  const more = log.grow(10);
  expect(await log.forward()).toBe(content + content.slice(end - 4, end) + more);
});

test("a file that has lost its end several times, also what was forwarded under another name, loses none", async () => {
  const log = new ForwardedLog();
  let sent = log.grow(5000);
  await log.forward();
  for (const kept of [4000, 3990, 3995, 2000, 1000, 1005]) {
    truncateSync(log.path, bytesOf(log.content, kept));
    sent += log.grow(10);
    expect(await log.forward()).toBe(sent);
  }
  expect(log.changes).toEqual(Array.from({ length: 6 }, () => "shortened"));
});

test("without an engine that knows what it has, a file that has lost its end goes on at the last position that it still has", async () => {
  const log = new ForwardedLog();
  log.stream.isForgetful = true;
  const first = log.grow(4000);
  await log.forward();
  const lost = log.grow(1000);
  await log.forward();
  truncateSync(log.path, bytesOf(first, 4000) + bytesOf(lost, 500));
  const more = log.grow(10);
  expect(await log.forward()).toBe(first + lost + lost.slice(0, bytesOf(lost, 500)) + more);
  expect(log.changes).toEqual(["shortened"]);
});

test("messages that were removed by age are not sent again, although the file has lost its end", async () => {
  const log = new ForwardedLog();
  const first = log.grow(4000);
  await log.forward();
  const lost = log.grow(1000);
  await log.forward();
  log.stream.messages = log.stream.messages.filter(({ offset }) => offset > bytesOf(first, 4000));
  const before = log.stream.content.toString();
  truncateSync(log.path, bytesOf(first, 4000));
  const more = log.grow(10);
  expect(await log.forward()).toBe(before + more);
  expect(lost.endsWith(before)).toBe(true);
});

test("the backlog of a file that has lost its end begins at a position that it still has", async () => {
  const log = new ForwardedLog();
  const content = log.grow(4000);
  await log.forward();
  log.grow(1000);
  await log.forward();
  truncateSync(log.path, bytesOf(content, 4000) + 80);
  log.grow(3000);
  const bytes = log.content.length;
  const status = readStatus(log.path, new Date());
  expect(status).toMatchObject({
    present: "shortened",
    lagBytes: bytes - content.length,
    oldest: { offset: content.length },
  });
  await log.forward();
  expect(readStatus(log.path, new Date())).toMatchObject({ present: "same", lagBytes: 0 });
});

test.each([0, 10, 3000])(
  "blocks that a file doesn't have, set back together with its checkpoint and grown by %i lines, aren't taken for its own",
  async (added) => {
    const log = new ForwardedLog();
    const content = log.grow(1000);
    await log.forward();
    for (const path of [log.path, checkpointPath(log.path)]) copyFileSync(path, `${path}.saved`);
    const lost = log.grow(1000);
    expect(await log.forward()).toBe(content + lost);
    for (const path of [log.path, checkpointPath(log.path)]) renameSync(`${path}.saved`, path);
    const more = log.grow(added);
    expect(await log.forward()).toBe(content + lost + more);
    expect(log.changes.filter((change) => change !== "copied")).toEqual(["shortened"]);
    const later = log.grow(10);
    expect(await log.forward()).toBe(content + lost + more + later);
    expect(flaws(log)).toEqual([]);
  },
);

test("of blocks that a file has partly, set back to between two looks, the lines that it has aren't stored twice", async () => {
  const log = new ForwardedLog();
  const content = log.grow(1000);
  await log.forward();
  const saved = `${checkpointPath(log.path)}.saved`;
  copyFileSync(checkpointPath(log.path), saved);
  const kept = log.grow(101);
  const lost = log.grow(100);
  await log.forward();
  renameSync(saved, checkpointPath(log.path));
  truncateSync(log.path, content.length + kept.length);
  const more = log.grow(500);
  expect(await log.forward()).toBe(content + kept + lost + more);
  expect(log.changes).toEqual(["shortened"]);
});

test("a stream and a file that both have lost their ends have each line again once", async () => {
  for (const messages of [5, 40, 400]) {
    const log = new ForwardedLog();
    const content = log.grow(5000);
    await log.forward();
    log.stream.rollBack(messages);
    truncateSync(log.path, bytesOf(content, 4000));
    const more = log.grow(10);
    const sent = await log.forward();
    const kept = content.slice(0, bytesOf(content, 4000));
    expect(sent.startsWith(kept)).toBe(true);
    expect(sent.endsWith(more)).toBe(true);
    expect(content.startsWith(sent.slice(0, -more.length))).toBe(true);
  }
});

test("a file that has lost its end and was rotated since is forwarded to its end", async () => {
  const log = new ForwardedLog();
  const content = log.grow(5000);
  await log.forward();
  truncateSync(log.path, bytesOf(content, 4000));
  let more = log.grow(10);
  renameSync(log.path, `${log.path}.20261126T000000000Z`);
  writeFileSync(log.path, "");
  more += log.grow(20);
  expect(await log.forward()).toBe(content + more);
  log.stream.rollBack(3);
  expect(await log.forward()).toBe(content + more);
});

test.each([3, 900, 3000])(
  "a file that loses its end and gets %i lines while it is forwarded loses none",
  async (added) => {
    const log = new ForwardedLog();
    const content = log.grow(2000);
    let arrivals = 0;
    let more = "";
    log.stream.fate = () => {
      if (++arrivals !== 150) return "stored";
      truncateSync(log.path, bytesOf(content, 1000));
      more = log.grow(added);
      return "stored";
    };
    const sent = await log.forward();
    expect(sent.endsWith(more)).toBe(true);
    const before = sent.slice(0, -more.length);
    expect(content.startsWith(before)).toBe(true);
    expect(before.length).toBeGreaterThanOrEqual(bytesOf(content, 1000));
    expect(log.changes).toEqual(["shortened"]);
  },
);
