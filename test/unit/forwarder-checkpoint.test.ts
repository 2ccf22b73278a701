import { appendFileSync, unlinkSync } from "node:fs";
import { expect, test, vi } from "vitest";
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
