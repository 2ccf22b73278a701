import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { DIRECT_WRITE_BYTES_MIN } from "../../src/core/tuning.ts";
import { FileWriter } from "../../src/sink/file-writer.ts";
import { WriteQueue } from "../../src/sink/write-queue.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("writes at once, but on a worker thread while a sync is under way", async () => {
  const path = join(temporaryDirectory(), "out");
  const fd = openSync(path, "a");
  const queue = new WriteQueue(1024);
  let isSyncing = false;
  let idle = (): void => {};
  const writer = new FileWriter(queue, {
    file: { fd, onWritable: (resume) => setTimeout(resume, 0) },
    isSyncing: () => isSyncing,
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
  isSyncing = true;
  queue.push(Buffer.from("b\n"));
  writer.flush();
  expect(writer.onPool).toBe(true);
  queue.push(Buffer.from("c\n"));
  await allWritten;
  expect(writer.onPool).toBe(false);
  expect(readFileSync(path, "utf8")).toBe("a\nb\nc\n");
  closeSync(fd);
});

describe("take()", () => {
  const letter = (name: string, bytes: number): Buffer => Buffer.from(`${name.repeat(bytes - 1)}\n`);

  test("writes what is urgent, and long blocks, past the queue; the rest waits for flush()", () => {
    const { path, queue, writer } = openWriter();
    const [urgent, long, short] = [
      letter("a", 10),
      letter("b", DIRECT_WRITE_BYTES_MIN),
      letter("c", DIRECT_WRITE_BYTES_MIN - 1),
    ];
    writer.write(urgent, true);
    writer.write(long, false);
    expect(readFileSync(path).equals(Buffer.concat([urgent, long]))).toBe(true);
    expect(queue.bytes).toBe(0);
    writer.write(short, false);
    expect(queue.bytes).toBe(short.length);
    writer.flush();
    expect(readFileSync(path).equals(Buffer.concat([urgent, long, short]))).toBe(true);
  });

  test("never overtakes what waits", () => {
    const { path, file, queue, writer } = openWriter();
    const blocks = [letter("a", 10), letter("b", DIRECT_WRITE_BYTES_MIN), letter("c", 10)];
    const { fd } = file;
    file.fd = undefined;
    for (const block of blocks) writer.write(block, block.length === 10);
    expect(readFileSync(path).length).toBe(0);
    file.fd = fd;
    writer.flush();
    expect(readFileSync(path).equals(Buffer.concat(blocks))).toBe(true);
    expect(queue.bytes).toBe(0);
  });

  test("keeps a copy of what isn't known to be safe", () => {
    const { path, queue, writer } = openWriter(true);
    const block = letter("a", DIRECT_WRITE_BYTES_MIN);
    writer.write(block, true);
    expect(readFileSync(path).equals(block)).toBe(true);
    expect(queue.retained).toBe(block.length);
  });
});

interface Opened {
  readonly path: string;
  readonly file: { fd: number | undefined; onWritable(resume: () => void): void };
  readonly queue: WriteQueue;
  readonly writer: FileWriter;
}

function openWriter(retain = false): Opened {
  const path = join(temporaryDirectory(), "out");
  const fd = openSync(path, "a");
  onTestFinished(() => closeSync(fd));
  const queue = new WriteQueue(1024 * 1024, retain);
  const file: Opened["file"] = { fd, onWritable: (resume) => setTimeout(resume, 0) };
  const quiet = { file, isSyncing: () => false, wrote: () => {}, idle: () => {}, stalled: () => {} };
  return { path, file, queue, writer: new FileWriter(queue, quiet) };
}
