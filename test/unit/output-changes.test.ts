import { closeSync, openSync, readFileSync, rmSync, statSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { FileSink } from "../../src/sink/file-sink.ts";
import { sinkEvents, sinkOptions } from "../support/sink.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

const LINE = Buffer.from(`${"x".repeat(1023)}\n`);

function appendLines(sink: FileSink, count: number): Promise<void> {
  for (let i = 0; i < count; i++) sink.append(LINE, 1);
  return sink.settle();
}

test("what a removed file got since it was last seen is copied whole or not at all, as soon as there is room", async (context) => {
  const disk = mountTmpfs(context, 1024 * 1024);
  const path = join(disk, "out");
  const troubles: string[] = [];
  const rescues: number[] = [];
  const events = {
    ...sinkEvents(),
    trouble: (error: unknown) => void troubles.push(String(error)),
    reopened: (bytes: number) => void rescues.push(bytes),
  };
  const options = { ...sinkOptions(path), events };
  const sink = new FileSink(options.open(), options);
  onTestFinished(() => sink.close());
  await appendLines(sink, 100);
  sink.reopen(); // sees it under its name
  await appendLines(sink, 300);
  unlinkSync(path);
  const ballast = join(disk, "ballast");
  fillExceptFor(100 * 1024, ballast);
  for (let attempt = 1; attempt <= 2; attempt++) {
    sink.reopen();
    expect(troubles).toEqual(Array(attempt).fill("Error: ENOSPC: no space left on device, write"));
    expect(statSync(path).size).toBe(0);
  }
  rmSync(ballast);
  sink.reopen();
  expect(rescues).toEqual([300 * 1024]);
  await appendLines(sink, 1);
  expect(readFileSync(path).equals(Buffer.concat(Array(301).fill(LINE)))).toBe(true);
});

function fillExceptFor(bytes: number, path: string): void {
  const fd = openSync(path, "w");
  expect(() => {
    for (;;) writeSync(fd, Buffer.alloc(4096));
  }).toThrow("ENOSPC");
  closeSync(fd);
  const { size } = statSync(path);
  rmSync(path);
  const again = openSync(path, "w");
  writeSync(again, Buffer.alloc(size - bytes));
  closeSync(again);
}

test("SIGHUP while the output still has its name makes nothing safe that wasn't synced", async () => {
  const path = join(temporaryDirectory(), "out");
  const options = { ...sinkOptions(path), durability: { mode: "interval", intervalMs: 1e9 } as const };
  const sink = new FileSink(options.open(), options);
  onTestFinished(() => sink.close());
  sink.append(LINE, 1);
  sink.reopen();
  expect(sink.stats()).toMatchObject({ bytesWritten: LINE.length, bytesDurable: 0 });
});
