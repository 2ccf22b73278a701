import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileWriter } from "../../src/sink/file-writer.ts";
import { WriteQueue } from "../../src/sink/write-queue.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("writes at once, but on a worker thread while a sync is under way", async () => {
  const path = join(temporaryDirectory(), "out");
  const fd = openSync(path, "a");
  const queue = new WriteQueue(1024);
  let hindered = false;
  let idle = (): void => {};
  const writer = new FileWriter(queue, {
    target: () => fd,
    hindered: () => hindered,
    wrote: () => {},
    idle: () => idle(),
    stalled: () => {},
  });
  queue.push(Buffer.from("a\n"));
  writer.flush();
  expect(readFileSync(path, "utf8")).toBe("a\n");
  const allWritten = new Promise<void>((resolve) => {
    idle = resolve;
  });
  hindered = true;
  queue.push(Buffer.from("b\n"));
  writer.flush();
  expect(writer.onPool).toBe(true);
  queue.push(Buffer.from("c\n"));
  await allWritten;
  expect(writer.onPool).toBe(false);
  expect(readFileSync(path, "utf8")).toBe("a\nb\nc\n");
  closeSync(fd);
});
