import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { Backoff } from "../../src/forwarder/backoff.ts";
import { EngineError, type Opened } from "../../src/forwarder/engines/engine.ts";
import { Forwarder } from "../../src/forwarder/forwarder.ts";
import { logFile } from "../support/log-files.ts";
import { type Fate, MemoryEngine, MemoryStream } from "../support/memory-engine.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

afterEach(() => void vi.useRealTimers());

test("an engine that can be reached and refuses blocks is one outage, with longer and longer pauses", async () => {
  const stream = new MemoryStream();
  const fates: Fate[] = ["stored", "lost", "refused", "refused", "refused", "refused"];
  stream.fate = () => fates.shift() ?? "stored";
  const seen: string[] = [];
  const pausesMs: number[] = [];
  const backoff = new (class extends Backoff {
    override next(): number {
      const ms = super.next(1);
      pausesMs.push(ms);
      return ms;
    }
  })({ min: 1, max: 8 });
  await new Forwarder({
    path: logFile("1\n2\n3\n"),
    engine: () => new MemoryEngine(stream),
    target: "memory",
    isRemembered: true,
    isOnce: true,
    blockBytes: 2,
    unit: "block",
    lingerMs: 1,
    window: { blocks: 1, bytes: 100 },
    backoff,
    events: {
      connected: ({ offset }) => void seen.push(`connected ${offset}`),
      waiting: (reason) => void seen.push(reason),
      rotated: () => {},
      changed: () => {},
      refilling: () => {},
      warned: () => {},
      rejected: () => {},
    },
    stop: new AbortController().signal,
  }).run();
  expect(stream.content.toString()).toBe("1\n2\n3\n");
  expect(seen).toEqual(["connected 0", "the connection is lost", "connected 2"]);
  expect(pausesMs).toEqual([1, 2, 4, 8, 8]);
});

test("a pause that the engine has asked for once isn't made again after it was reached", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  const path = join(temporaryDirectory(), "app.jsonl");
  const stream = new MemoryStream();
  const stop = new AbortController();
  let connections = 0;
  class Busy extends MemoryEngine {
    override async open(): Promise<Opened> {
      if (++connections === 1) throw new EngineError("retry", "it is busy", { pauseMs: 3_600_000 });
      return super.open();
    }
  }
  const running = new Forwarder({
    path,
    engine: () => new Busy(stream),
    target: "memory",
    isRemembered: true,
    isOnce: false,
    blockBytes: 2,
    unit: "block",
    lingerMs: 1,
    window: { blocks: 1, bytes: 100 },
    backoff: new Backoff({ min: 1, max: 8 }),
    events: {
      connected: () => {},
      waiting: () => {},
      rotated: () => {},
      changed: () => {},
      refilling: () => {},
      warned: () => {},
      rejected: () => {},
    },
    stop: stop.signal,
  }).run();
  await vi.advanceTimersByTimeAsync(3_599_000);
  expect(connections).toBe(1);
  // The engine is reached, and the file isn't there yet.
  await vi.advanceTimersByTimeAsync(1_000);
  expect(connections).toBe(2);
  writeFileSync(path, "1\n");
  await vi.advanceTimersByTimeAsync(20);
  expect(stream.content.toString()).toBe("1\n");
  stop.abort();
  await vi.advanceTimersByTimeAsync(20);
  await running;
});
