import { copyFileSync, linkSync, renameSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ForwardedLog } from "../support/forwarded-log.ts";

test("logrotate's files are forwarded in their order, also after several rotations", async () => {
  const scene = new ForwardedLog();
  let content = scene.grow(20);
  expect(await scene.forward()).toBe(content);
  content += scene.grow(20);
  renameSync(scene.path, `${scene.path}.2`);
  content += scene.grow(30);
  renameSync(scene.path, `${scene.path}.1`);
  content += scene.grow(10);
  expect(await scene.forward()).toBe(content);
  expect(scene.changes).toEqual([]);
});

test("after copytruncate the copy is forwarded to its end, and then the new content", async () => {
  const scene = new ForwardedLog();
  let content = scene.grow(20);
  expect(await scene.forward()).toBe(content);
  content += scene.grow(5);
  copyFileSync(scene.path, `${scene.path}.1`);
  truncateSync(scene.path, 0);
  content += scene.grow(40);
  expect(await scene.forward()).toBe(content);
  expect(scene.changes).toEqual(["copied"]);
});

test("a truncated file without a copy is forwarded from its new beginning, and that is reported", async () => {
  const scene = new ForwardedLog();
  const content = scene.grow(20);
  expect(await scene.forward()).toBe(content);
  truncateSync(scene.path, 0);
  expect(await scene.forward()).toBe(content);
  const added = scene.grow(40);
  expect(await scene.forward()).toBe(content + added);
  expect(scene.changes).toEqual(["replaced"]);
});

test("a file that has lost its end goes on behind its last whole line", async () => {
  const scene = new ForwardedLog();
  // A shorter file isn't recognised by its first 4 KiB any more, and is sent again.
  const content = scene.grow(500);
  expect(await scene.forward()).toBe(content);
  truncateSync(scene.path, content.length - 3);
  expect(await scene.forward()).toBe(content);
  truncateSync(scene.path, content.lastIndexOf("\n", content.length - 2) + 1);
  const added = scene.grow(3);
  expect(await scene.forward()).toBe(content + added);
  expect(scene.changes).toEqual(["shortened"]);
});

test("a file that is removed before it was forwarded is reported, and the next one is forwarded", async () => {
  const scene = new ForwardedLog();
  const content = scene.grow(20);
  expect(await scene.forward()).toBe(content);
  scene.grow(20);
  renameSync(scene.path, `${scene.path}.20261126T000000000Z`);
  writeFileSync(scene.path, "");
  unlinkSync(`${scene.path}.20261126T000000000Z`);
  const added = scene.grow(5);
  expect(await scene.forward()).toBe(content + added);
  expect(scene.changes).toEqual(["gone"]);
});

test("a rotated file with two names is forwarded once", async () => {
  const log = new ForwardedLog();
  let content = log.grow(20);
  linkSync(log.path, `${log.path}.1`);
  expect(await log.forward()).toBe(content);
  renameSync(log.path, `${log.path}.2`);
  content += log.grow(30);
  let arrivals = 0;
  log.stream.fate = () => {
    if (++arrivals > 100) throw new Error("it doesn't end");
    return "stored";
  };
  expect(await log.forward()).toBe(content);
  expect(log.changes).toEqual([]);
});

test("a new file that begins as the removed one did has new lines", async () => {
  const log = new ForwardedLog();
  writeFileSync(log.path, "started\n");
  expect(await log.forward()).toBe("started\n");
  writeFileSync(`${log.path}.new`, "started\nready\n");
  renameSync(`${log.path}.new`, log.path);
  expect(await log.forward()).toBe("started\nstarted\nready\n");
  expect(log.changes).toEqual(["gone"]);
});
