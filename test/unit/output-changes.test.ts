import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Durability } from "../../src/sink/durability.ts";
import { FileSink } from "../../src/sink/file-sink.ts";
import type { Output } from "../../src/sink/output-file.ts";
import { plainOutput, sinkEvents, sinkOptions } from "../support/sink.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

const LINE = Buffer.from(`${"x".repeat(1023)}\n`);

function appendLines(sink: FileSink, count: number): Promise<void> {
  for (let i = 0; i < count; i++) sink.append(LINE, 1);
  return sink.flush();
}

test("what a removed file got since it was last seen is copied whole or not at all, as soon as there is room", async (context) => {
  const disk = mountTmpfs(context, 1024 * 1024);
  const path = join(disk, "out");
  const troubles: string[] = [];
  const rescues: number[] = [];
  const events = {
    ...sinkEvents(),
    problem: (error: unknown) => void troubles.push(String(error)),
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

test("what is copied to a file that is removed meanwhile is copied again", async () => {
  const path = join(temporaryDirectory(), "out");
  const { open, ...options } = sinkOptions(path);
  let removals = 2;
  const openAndRemove = (): Output => {
    const next = open();
    if (removals-- > 0) unlinkSync(path);
    return next;
  };
  const rescues: number[] = [];
  const events = { ...sinkEvents(), reopened: (bytes: number) => void rescues.push(bytes) };
  const sink = new FileSink(open(), { ...options, open: openAndRemove, events });
  onTestFinished(() => sink.close());
  unlinkSync(path);
  await appendLines(sink, 3);
  for (let i = 0; i < 3; i++) sink.reopen();
  expect(rescues).toEqual(Array(3).fill(3 * LINE.length));
  expect(readFileSync(path).equals(Buffer.concat(Array(3).fill(LINE)))).toBe(true);
});

test("SIGHUP while the output still has its name makes nothing safe that wasn't synced", async () => {
  const path = join(temporaryDirectory(), "out");
  const options = { ...sinkOptions(path), durability: { mode: "interval", intervalMs: 1e9 } as const };
  const sink = new FileSink(options.open(), options);
  onTestFinished(() => sink.close());
  sink.append(LINE, 1);
  sink.reopen();
  expect(sink.stats()).toMatchObject({ bytesWritten: LINE.length, bytesDurable: 0 });
});

describe("a file that can't be synced (a FIFO)", () => {
  const INTERVAL: Durability = { mode: "interval", intervalMs: 1 };

  /** fdatasync(2) of a FIFO fails with EINVAL. */
  function fifoSink(
    output: string,
    durability: Durability = INTERVAL,
    traits: (fd: number) => Partial<Output> = () => ({}),
  ): { sink: FileSink; suspects: string[]; problem: Promise<unknown> } {
    const fifo = join(temporaryDirectory(), "fifo");
    execFileSync("mkfifo", [fifo]);
    const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const suspects: string[] = [];
    let troubled: (error: unknown) => void = () => {};
    const problem = new Promise<unknown>((resolve) => {
      troubled = resolve;
    });
    const suspect = (_: unknown, error: Error): void => void suspects.push(String(error));
    const events = { ...sinkEvents(), suspect, problem: (error: unknown) => troubled(error) };
    const file = Object.assign(plainOutput(fd), traits(fd));
    const sink = new FileSink(file, { ...sinkOptions(output), durability, events });
    onTestFinished(() => sink.close());
    return { sink, suspects, problem };
  }

  test("is named as the reason while no other file can be opened, and lines wait", async () => {
    const directory = temporaryDirectory();
    const { sink, problem } = fifoSink(join(directory, "missing", "out"));
    sink.append(LINE, 1);
    expect(String(await problem)).toContain("ENOENT");
    sink.append(LINE, 1);
    sink.reopen();
    expect(sink.stats()).toMatchObject({ stalled: "EINVAL", linesAppended: 2, bytesQueued: LINE.length });
    mkdirSync(join(directory, "missing"));
    sink.reopen();
    expect(sink.stats().stalled).toBeUndefined();
  });

  test("makes what it got suspect, for good, and the ledger says how much that is", async () => {
    const path = join(temporaryDirectory(), "out");
    const { sink, suspects } = fifoSink(path);
    await appendLines(sink, 3);
    expect(suspects).toEqual(["Error: EINVAL: invalid argument, fdatasync"]);
    await appendLines(sink, 2);
    expect(readFileSync(path).length).toBe(2 * LINE.length);
    expect(sink.stats()).toMatchObject({
      bytesWritten: 5 * LINE.length,
      bytesDurable: 2 * LINE.length,
      bytesSuspect: 3 * LINE.length,
    });
  });

  test("and has half a line leaves the whole of it to the next file", async () => {
    const path = join(temporaryDirectory(), "out");
    const { sink } = fifoSink(path);
    const long = Buffer.alloc(200_000, "y").fill("\n", 199_999);
    sink.append(LINE, 1);
    // A FIFO holds 64 KiB, and nobody reads this one.
    sink.append(long, 1);
    await sink.flush();
    expect(readFileSync(path).equals(long)).toBe(true);
    expect(sink.stats()).toMatchObject({ bytesDurable: long.length, bytesSuspect: LINE.length });
  });

  test.each<[string, Durability, number]>([
    ["copies it under interval, where nothing else has it", INTERVAL, LINE.length],
    ["writes it again under ack, and doesn't copy it as well", { mode: "ack" }, 0],
  ])("and has no name left either %s", async (_, durability, bytesSuspect) => {
    const path = join(temporaryDirectory(), "out");
    const { sink, suspects } = fifoSink(path, durability, (fd) => ({
      isNamed: () => false,
      isDeleted: () => true,
      read: (into) => readSync(fd, into),
    }));
    await appendLines(sink, 1);
    expect(suspects).toHaveLength(1);
    expect(readFileSync(path).equals(LINE)).toBe(true);
    expect(sink.stats().bytesSuspect).toBe(bytesSuspect);
  });
});
