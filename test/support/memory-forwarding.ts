import { Backoff } from "../../src/forwarder/backoff.ts";
import type { FileChange } from "../../src/forwarder/events.ts";
import { Forwarder } from "../../src/forwarder/forwarder.ts";
import { MemoryEngine, type MemoryStream } from "./memory-engine.ts";

/** Forwards a log and its rotated files to their end, as `forwarder --once` does. @returns what had become of files */
export async function forwardToMemory(path: string, stream: MemoryStream): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  await new Forwarder({
    path,
    engine: () => new MemoryEngine(stream),
    target: "memory",
    isRemembered: true,
    isOnce: true,
    backoff: new Backoff(),
    blockBytes: 100,
    unit: "block",
    lingerMs: 1,
    window: { blocks: 4, bytes: 1000 },
    events: {
      connected: () => {},
      waiting: () => {},
      rotated: () => {},
      changed: (change) => changes.push(change),
      refilling: () => {},
      warned: () => {},
      rejected: () => {},
    },
    stop: new AbortController().signal,
  }).run();
  return changes;
}
