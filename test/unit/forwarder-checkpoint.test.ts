import { expect, test } from "vitest";
import { checkpointPath } from "../../src/checkpoint/checkpoint.ts";
import { isProblem, readCheckpoint } from "../../src/checkpoint/read-checkpoint.ts";
import { Backoff } from "../../src/forwarder/backoff.ts";
import type { Block, Sent } from "../../src/forwarder/engines/engine.ts";
import { Forwarder } from "../../src/forwarder/forwarder.ts";
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

test("a block is in the checkpoint before it is sent", async () => {
  const path = logFile(Array.from({ length: 100 }, (_, n) => `{"n":${n}}\n`).join(""));
  const stream = new MemoryStream();
  const unsaved: number[] = [];
  await new Forwarder({
    path,
    engine: () => new Watching(stream, path, unsaved),
    target: "memory",
    isRemembered: true,
    isOnce: true,
    blockBytes: 100,
    lingerMs: 1,
    window: { blocks: 4, bytes: 1000 },
    backoff: new Backoff(),
    events: {
      connected: () => {},
      waiting: () => {},
      rotated: () => {},
      changed: () => {},
      refilling: () => {},
      warned: () => {},
      rejected: () => {},
    },
    stop: new AbortController().signal,
  }).run();
  expect(stream.messages.length).toBeGreaterThan(8);
  expect(unsaved).toEqual([]);
});
