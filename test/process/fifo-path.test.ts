import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { expectOperational, rejectionOf } from "../support/failure.ts";
import { FifoService, FifoWriter, makeFifo, say, shell } from "../support/fifo-service.ts";
import { openDescriptors } from "../support/open-descriptors.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = temporaryDirectory();
  path = join(directory, "fifo");
});

describe("the path", () => {
  test.each([0, 0o777])("with umask %d a FIFO is made for its owner only, and removed at the end", async (mask) => {
    const umask = process.umask(mask);
    const { listener } = await FifoService.start(path).finally(() => process.umask(umask));
    const made = lstatSync(path);
    expect(made.isFIFO()).toBe(true);
    expect(made.mode & 0o777).toBe(0o600);
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });

  test("one that a killed aggregator left behind is used, and removed at the end", async () => {
    const killed = await AggregatorProcess.start([`fifo=${path}`]);
    killed.kill("SIGKILL");
    await killed.ended;
    const { ino } = lstatSync(path);
    const service = await FifoService.start(path);
    expect(lstatSync(path).ino).toBe(ino);
    say(path, "hello\n");
    await service.until(() => service.text === "hello\n");
    await service.listener.close();
    expect(existsSync(path)).toBe(false);
  });

  test.each([0o600, 0o666])("one that its user made with mode %o is used and stays", async (mode) => {
    makeFifo(path);
    chmodSync(path, mode);
    const service = await FifoService.start(path);
    say(path, "hello\n");
    await service.until(() => service.text === "hello\n");
    await service.listener.close();
    expect(lstatSync(path).isFIFO()).toBe(true);
  });

  test("one of ours that was given to others in octal is the user's from then on, and stays", async () => {
    const { listener } = await FifoService.start(path);
    chmodSync(path, 0o660);
    await listener.close();
    expect(lstatSync(path).mode & 0o7777).toBe(0o660);
  });

  test.each<[string, () => unknown]>([
    ["a file", () => writeFileSync(path, "precious")],
    ["a directory", () => mkdirSync(path)],
    ["a link to a FIFO", () => [makeFifo(`${path}2`), symlinkSync(`${path}2`, path)]],
    ["a link to nowhere", () => symlinkSync("nowhere", path)],
    ["a socket", () => once(createServer().listen(path).unref(), "listening")],
  ])("%s is refused and left alone", async (_, put) => {
    await put();
    const before = lstatSync(path).ino;
    const error = expectOperational(await rejectionOf(FifoService.start(path)), "NOT_A_FIFO");
    expect(error.message).toContain(path);
    expect(lstatSync(path).ino).toBe(before);
    expect(openDescriptors(directory).filter((target) => !target.startsWith("socket"))).toEqual([]);
  });

  test("in a directory that isn't there it can't be created", async () => {
    path = join(directory, "missing", "fifo");
    expectOperational(await rejectionOf(FifoService.start(path)), "DIRECTORY_MISSING");
  });

  test("a second listener is refused, and the first is named and keeps working", async () => {
    const service = await FifoService.start(path);
    const error = expectOperational(await rejectionOf(FifoService.start(path)), "ADDRESS_IN_USE");
    expect(error.message).toContain(`${path} is served by pid ${process.pid}`);
    say(path, "still here\n");
    await service.until(() => service.text === "still here\n");
  });

  test("close() twice, and nothing is left", async () => {
    const before = openDescriptors("inotify").length;
    const { listener } = await FifoService.start(path);
    expect(openDescriptors(path)).not.toEqual([]);
    await Promise.all([listener.close(), listener.close()]);
    await listener.close();
    expect(openDescriptors(path)).toEqual([]);
    expect(openDescriptors("inotify")).toHaveLength(before);
  });
});

describe("another FIFO at the path", () => {
  test("a deleted one is made again, and the old one is read to its end", async () => {
    const service = await FifoService.start(path);
    const old = new FifoWriter(path);
    old.write("before\n");
    unlinkSync(path);
    await appears();
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    old.write("old, after");
    say(path, "new\n");
    await service.until(() => service.text.includes("new\n") && service.text.includes("old, after"));
    old.close();
    await service.until(() => service.ends === 1);
    expect(service.channels.map((channel) => channel.text).sort()).toEqual(["before\nold, after", "new\n"]);
    await service.listener.close();
    expect(existsSync(path)).toBe(false);
    expect(openDescriptors(directory)).toEqual([]);
  });

  test.each<[string, () => void]>([
    ["deleted and made", () => [unlinkSync(path), makeFifo(path)]],
    ["renamed over", () => [makeFifo(`${path}2`), renameSync(`${path}2`, path)]],
    ["moved away", () => [renameSync(path, `${path}2`), makeFifo(path)]],
  ])("one that was %s by someone else is opened, and stays", async (_, replace) => {
    const service = await FifoService.start(path);
    replace();
    const { ino } = lstatSync(path);
    expect(await shell('echo "to the new one" > "$0"', path)).toBe(0);
    await service.until(() => service.text === "to the new one\n");
    expect(openDescriptors(directory).filter((target) => target !== path)).toEqual([]);
    await service.listener.close();
    expect(lstatSync(path).ino).toBe(ino);
  });

  test("many in a row: none is missed", async () => {
    const service = await FifoService.start(path);
    for (let i = 0; i < 20; i++) {
      makeFifo(`${path}2`);
      renameSync(`${path}2`, path);
      await shell('echo "to number $1" > "$0"', path, String(i));
      await service.until(() => service.text.endsWith(`to number ${i}\n`));
    }
    await service.listener.close();
    expect(openDescriptors(directory)).toEqual([]);
  });

  test("something else in its place is reported and left alone", async () => {
    const service = await FifoService.start(path);
    writeFileSync(`${path}2`, "precious");
    renameSync(`${path}2`, path);
    expectOperational(await service.failure, "NOT_A_FIFO");
    await service.listener.close();
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  test("a directory that was renamed takes the FIFO with it", async () => {
    mkdirSync(join(directory, "a"));
    path = join(directory, "a", "fifo");
    const service = await FifoService.start(path);
    renameSync(join(directory, "a"), join(directory, "b"));
    expectOperational(await service.failure, "DIRECTORY_MISSING");
    await service.listener.close();
  });
});

/** Waits until something is at the path. */
async function appears(): Promise<void> {
  while (!existsSync(path)) await delay(1);
}
