import fs, { appendFileSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { checkpointPath } from "../../src/checkpoint/checkpoint.ts";
import { isProblem, readCheckpoint } from "../../src/checkpoint/read-checkpoint.ts";
import { Backoff } from "../../src/forwarder/backoff.ts";
import type { Block, Engine, Sent } from "../../src/forwarder/engines/engine.ts";
import { Forwarder, type Forwarding } from "../../src/forwarder/forwarder.ts";
import { expectOperational, rejectionOf } from "../support/failure.ts";
import { logFile } from "../support/log-files.ts";
import { MemoryEngine, MemoryStream } from "../support/memory-engine.ts";

/** Ends of the blocks that a checkpoint names. */
function savedEnds(log: string): number[] {
  const reading = readCheckpoint(checkpointPath(log));
  if (typeof reading === "string" || isProblem(reading)) throw new Error("there is no checkpoint");
  let end = reading.file.offset;
  return reading.inFlight.map((length) => {
    end += length;
    return end;
  });
}

/** Looks into the checkpoint whenever a block is sent. */
class Watching extends MemoryEngine {
  readonly #path: string;
  readonly #unsaved: number[];

  constructor(stream: MemoryStream, path: string, unsaved: number[]) {
    super(stream);
    this.#path = path;
    this.#unsaved = unsaved;
  }

  override send(block: Block): Promise<Sent> {
    const end = block.offset + block.bytes.length;
    if (!savedEnds(this.#path).includes(end)) this.#unsaved.push(end);
    return super.send(block);
  }
}

/** Copies a file whenever one is synced: a power cut leaves at least this. */
function copySynced(path: string, copy: string): void {
  const { fdatasyncSync } = fs;
  fs.fdatasyncSync = (fd) => {
    fdatasyncSync(fd);
    writeFileSync(copy, readFileSync(path));
  };
  syncBuiltinESMExports();
  onTestFinished(() => {
    fs.fdatasyncSync = fdatasyncSync;
    syncBuiltinESMExports();
  });
}

/** Until it is stopped; then what is there. */
async function forward(path: string, parts: { engine: () => Engine; stop: AbortSignal }): Promise<Forwarding> {
  return new Forwarder({
    ...parts,
    path,
    target: "memory",
    isRemembered: true,
    isOnce: false,
    blockBytes: 100,
    unit: "block",
    lingerMs: 1,
    window: { blocks: 4, bytes: 1000 },
    backoff: new Backoff(),
    events: {
      connected: () => {},
      waiting: () => {},
      rotated: () => {},
      changed: () => {},
      refilling: () => {},
      rejected: () => {},
      warned: () => {},
    },
  }).run();
}

test("a block is in the checkpoint before it is sent", async () => {
  const path = logFile(Array.from({ length: 100 }, (_, n) => `{"n":${n}}\n`).join(""));
  const stream = new MemoryStream();
  const unsaved: number[] = [];
  await forward(path, { engine: () => new Watching(stream, path, unsaved), stop: AbortSignal.abort() });
  expect(stream.messages.length).toBeGreaterThan(8);
  expect(unsaved).toEqual([]);
});

test("a checkpoint that is removed while it is in use is written again, and no second forwarder begins", async () => {
  const path = logFile("one\n");
  const stream = new MemoryStream();
  const stop = new AbortController();
  const running = forward(path, { engine: () => new MemoryEngine(stream), stop: stop.signal });
  await vi.waitFor(() => expect(stream.content.toString()).toBe("one\n"));
  unlinkSync(checkpointPath(path));
  await vi.waitFor(() => expect(savedEnds(path)).toEqual([]), { timeout: 10_000 });
  const second = await rejectionOf(forward(path, { engine: () => new MemoryEngine(stream), stop: stop.signal }));
  expectOperational(second, "CHECKPOINT_IN_USE");
  appendFileSync(path, "two\n");
  stop.abort();
  await running;
  await forward(path, { engine: () => new MemoryEngine(stream), stop: stop.signal });
  expect(stream.content.toString()).toBe("one\ntwo\n");
});

test("a name is in the synced checkpoint before blocks are sent under it, also that of the next file", async () => {
  const path = logFile("1\n2\n");
  const synced = join(`${path}.synced`);
  copySynced(checkpointPath(path), synced);
  const stream = new MemoryStream();
  const unknown: string[] = [];
  class Asking extends MemoryEngine {
    override send(block: Block): Promise<Sent> {
      const reading = readCheckpoint(synced);
      if (typeof reading === "string" || isProblem(reading) || reading.file.id !== block.file) unknown.push(block.file);
      return super.send(block);
    }
  }
  renameSync(path, `${path}.1`);
  writeFileSync(path, "3\n");
  await forward(path, { engine: () => new Asking(stream), stop: AbortSignal.abort() });
  expect(stream.content.toString()).toBe("1\n2\n3\n");
  expect(new Set(stream.messages.map(({ file }) => file)).size).toBe(2);
  expect(unknown).toEqual([]);
});

test("a checkpoint that was renamed while it is in use is written again under its name", async () => {
  const path = logFile("one\n");
  const stream = new MemoryStream();
  const stop = new AbortController();
  const running = forward(path, { engine: () => new MemoryEngine(stream), stop: stop.signal });
  await vi.waitFor(() => expect(stream.content.toString()).toBe("one\n"));
  renameSync(checkpointPath(path), `${checkpointPath(path)}.old`);
  await vi.waitFor(() => expect(savedEnds(path)).toEqual([]), { timeout: 10_000 });
  stop.abort();
  await running;
});

test("a refused forwarder changes nothing", async () => {
  const path = logFile("one\n");
  const stream = new MemoryStream();
  const stop = new AbortController();
  const running = forward(path, { engine: () => new MemoryEngine(stream), stop: stop.signal });
  await vi.waitFor(() => expect(stream.content.toString()).toBe("one\n"));
  await vi.waitFor(() => expect(savedEnds(path)).toEqual([]));
  // As it is between its creation and the first write to it.
  const before = readFileSync(checkpointPath(path));
  writeFileSync(checkpointPath(path), "");
  const second = await rejectionOf(forward(path, { engine: () => new MemoryEngine(stream), stop: stop.signal }));
  expectOperational(second, "CHECKPOINT_IN_USE");
  expect(readFileSync(checkpointPath(path)).length).toBe(0);
  writeFileSync(checkpointPath(path), before);
  stop.abort();
  await running;
});
