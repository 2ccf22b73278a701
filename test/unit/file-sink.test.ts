import { constants, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextIteration } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { IMMEDIATE_WRITE_BYTES_MAX, WRITE_BYTES } from "../../src/core/tuning.ts";
import { FileSink } from "../../src/sink/file-sink.ts";
import { FifoReader } from "../support/fifo-reader.ts";
import { leftOver, openResources } from "../support/resources.ts";
import { plainOutput, sinkEvents, sinkOptions } from "../support/sink.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
const QUEUE_BYTES_MAX = 1024 * 1024;
const FULL_CLOSE_MS = 60;

interface Trial {
  readonly sink: FileSink;
  readonly stalls: (string | undefined)[];
}

/** A file that refuses is given up soon; any other gets all the time that a busy machine may take. */
function openSink(path: string, flags = O_WRONLY | O_APPEND | O_CREAT, queueBytesMax = QUEUE_BYTES_MAX): Trial {
  const stalls: (string | undefined)[] = [];
  const sink = new FileSink(plainOutput(openSync(path, flags, 0o600)), {
    ...sinkOptions(path),
    queueBytesMax,
    closeMsMax: path === "/dev/full" ? FULL_CLOSE_MS : 10_000,
    events: { ...sinkEvents(), stalled: (errno) => void stalls.push(errno) },
  });
  return { sink, stalls };
}

/** From here on time passes only when the test says so. */
function stopTheClock(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
}

/** Numbered lines, some far longer than the others, `bytes` or a little more of them. */
function numberedLines(bytes: number): string[] {
  const lines: string[] = [];
  for (let length = 0; length < bytes; length += lines.at(-1)?.length ?? 0) {
    lines.push(`${lines.length} ${"x".repeat(lines.length % 100 === 99 ? 40_000 : 100)}\n`);
  }
  return lines;
}

async function appendAll(sink: FileSink, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    sink.append(Buffer.from(line), 1);
    await sink.backpressure();
  }
}

describe("a file that takes everything", () => {
  test("appends each iteration's lines by the end of the iteration, after what was there", async () => {
    const path = join(temporaryDirectory(), "out");
    writeFileSync(path, "before\n");
    const { sink } = openSink(path);
    for (const letter of ["a", "b"]) {
      sink.append(Buffer.from(`${letter}\n`), 1);
      sink.append(Buffer.from("c\nd\n"), 2);
      await nextIteration();
    }
    expect(readFileSync(path, "utf8")).toBe("before\na\nc\nd\nb\nc\nd\n");
    expect(sink.stats()).toMatchObject({ bytesWritten: 12, bytesQueued: 0, linesUnwritten: 0, stalled: undefined });
    await sink.close();
  });

  test("gets a small block immediately after iterations with one block, otherwise by the end of the iteration", async () => {
    const { sink } = openSink(join(temporaryDirectory(), "out"));
    const queuedAfter = (bytes: number): number => {
      sink.append(Buffer.alloc(bytes, "x").fill("\n", bytes - 1), 1);
      return sink.stats().bytesQueued;
    };
    expect([queuedAfter(10), queuedAfter(10)]).toEqual([0, 10]);
    await nextIteration();
    expect(queuedAfter(10)).toBe(10);
    await nextIteration();
    expect(queuedAfter(IMMEDIATE_WRITE_BYTES_MAX)).toBe(0);
    await nextIteration();
    expect(queuedAfter(IMMEDIATE_WRITE_BYTES_MAX + 1)).toBe(IMMEDIATE_WRITE_BYTES_MAX + 1);
    await nextIteration();
    expect(sink.stats().bytesQueued).toBe(0);
    await sink.close();
  });

  test("gets a full slab at once, and never more than a slab waits", async () => {
    const line = Buffer.alloc(1000, "y").fill("\n", 999);
    const most: number[] = [];
    // A write that other programs hold up for 5 ms moves the file to the thread pool, and then more may wait: try again.
    while (most.length < 5 && !(Math.min(...most) <= WRITE_BYTES)) {
      const path = join(temporaryDirectory(), "out");
      const { sink } = openSink(path, undefined, 4 * QUEUE_BYTES_MAX);
      let waiting = 0;
      for (let i = 0; i < 2000; i++) {
        sink.append(line, 1);
        waiting = Math.max(waiting, sink.stats().bytesQueued);
      }
      most.push(waiting);
      await sink.close();
      expect(readFileSync(path).length).toBe(2_000_000);
    }
    expect(Math.min(...most)).toBeLessThanOrEqual(WRITE_BYTES);
  });

  test("keeps what was appended although the caller's memory changes at once", async () => {
    const path = join(temporaryDirectory(), "out");
    const { sink } = openSink(path);
    const line = Buffer.from("abc\n");
    sink.append(line, 1);
    line.fill("#");
    await sink.close();
    expect(readFileSync(path, "utf8")).toBe("abc\n");
  });

  test("is closed once, with everything in it, however often close() is called", async () => {
    const path = join(temporaryDirectory(), "out");
    const { sink } = openSink(path);
    const lines = numberedLines(WRITE_BYTES * 3);
    for (const line of lines) sink.append(Buffer.from(line), 1);
    await Promise.all([sink.close(), sink.close(), sink[Symbol.asyncDispose]()]);
    await nextIteration();
    expect(readFileSync(path, "utf8")).toBe(lines.join(""));
  });

  test("takes a line larger than a slab and larger than the whole queue", async () => {
    const path = join(temporaryDirectory(), "out");
    const { sink } = openSink(path, undefined, 1000);
    const long = `${"L".repeat(2 * WRITE_BYTES)}\n`;
    sink.append(Buffer.from(`a\n${long}b\n`), 3);
    await sink.backpressure();
    await sink.close();
    expect(readFileSync(path, "utf8")).toBe(`a\n${long}b\n`);
  });
});

describe("a file that takes a part of each write", () => {
  test("gets every byte once and in order", async () => {
    const reader = new FifoReader(temporaryDirectory(), 5000, 0);
    // A pipe holds 64 KiB: a non-blocking write of a slab is short, the next one EAGAIN.
    const { sink, stalls } = openSink(reader.fifo, O_WRONLY | O_NONBLOCK);
    const lines = numberedLines(3_000_000);
    await appendAll(sink, lines);
    while (sink.stats().bytesQueued > 0) await nextIteration();
    await sink.close();
    expect((await reader.received()).equals(Buffer.from(lines.join("")))).toBe(true);
    expect(stalls).toContain("EAGAIN");
    expect(stalls.at(-1)).toBeUndefined();
  });
});

describe("a slow file", () => {
  test("is written beside the event loop, which keeps running, and callers have to wait", async () => {
    const reader = new FifoReader(temporaryDirectory(), 16 * 1024, 1);
    const { sink } = openSink(reader.fifo, O_WRONLY);
    const lines = numberedLines(4_000_000);
    let waits = 0;
    let most = 0;
    for (const line of lines) {
      sink.append(Buffer.from(line), 1);
      most = Math.max(most, sink.stats().bytesQueued);
      const backpressure = sink.backpressure();
      if (backpressure !== undefined) waits++;
      await backpressure;
    }
    let iterations = 0;
    for (; sink.stats().bytesQueued > 0; iterations++) await nextIteration();
    await sink.close();
    expect((await reader.received()).equals(Buffer.from(lines.join("")))).toBe(true);
    expect(waits).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(QUEUE_BYTES_MAX + 41_000);
    // About 1 MiB was left to write, at 16 KiB a millisecond; on the main thread it would have taken no iteration at all.
    expect(iterations).toBeGreaterThan(100);
  });
});

describe("a full disk (/dev/full)", () => {
  test("is reported once per attempt, makes callers wait, and drops nothing", async () => {
    const { sink, stalls } = openSink("/dev/full", O_WRONLY | O_APPEND, 1000);
    sink.append(Buffer.from("a\n"), 1);
    await nextIteration();
    expect(stalls).toEqual(["ENOSPC"]);
    expect(sink.stats()).toMatchObject({ stalled: "ENOSPC", bytesQueued: 2, bytesWritten: 0 });
    expect(sink.backpressure()).toBeUndefined();
    sink.append(Buffer.alloc(1000, "b\n"), 500);
    expect(sink.backpressure()).toBeInstanceOf(Promise);
    expect(sink.backpressure()).toBe(sink.backpressure());
    while (stalls.length < 3) await nextIteration();
    expect(stalls).toEqual(["ENOSPC", "ENOSPC", "ENOSPC"]);
    expect(sink.stats()).toMatchObject({ linesAppended: 501, bytesQueued: 1002 });
    await sink.close();
    expect(sink.stats()).toMatchObject({ linesUnwritten: 501, bytesWritten: 0 });
  });

  test("is waited for once: several flush() and close() share the time", async () => {
    stopTheClock();
    const { sink } = openSink("/dev/full", O_WRONLY | O_APPEND);
    sink.append(Buffer.from("a\n"), 1);
    const settled = Promise.all([sink.flush(), sink.flush()]);
    await vi.advanceTimersByTimeAsync(FULL_CLOSE_MS);
    await settled;
    const closed = sink.close();
    await vi.advanceTimersByTimeAsync(0); // what is due by now, and nothing later
    await closed;
    expect(sink.stats().linesUnwritten).toBe(1);
  });

  test("is waited for anew when lines have come since", async () => {
    const { sink } = openSink("/dev/full", O_WRONLY | O_APPEND);
    sink.append(Buffer.from("a\n"), 1);
    await sink.flush();
    sink.append(Buffer.from("b\n"), 1);
    const settled = performance.now();
    await sink.close();
    expect(performance.now() - settled).toBeGreaterThanOrEqual(55);
    expect(sink.stats().linesUnwritten).toBe(2);
  });

  test("is given up at close() when its time is over, and not before", async () => {
    stopTheClock();
    const { sink, stalls } = openSink("/dev/full", O_WRONLY | O_APPEND);
    const before = openResources();
    sink.append(Buffer.from("a\nb\n"), 2);
    let isClosed = false;
    const closed = sink.close().then(() => {
      isClosed = true;
    });
    await vi.advanceTimersByTimeAsync(FULL_CLOSE_MS - 1);
    expect(isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    expect(sink.stats().linesUnwritten).toBe(2);
    // No attempt is left behind that would write to a closed, or worse: reused, descriptor.
    const attempts = stalls.length;
    expect(vi.getTimerCount()).toBe(0);
    expect(await leftOver(before)).toEqual([]);
    await nextIteration();
    expect(stalls).toHaveLength(attempts);
  });
});
