import { Backoff } from "../../src/forwarder/backoff.ts";
import type { Engine } from "../../src/forwarder/engines/engine.ts";
import type { FileChange } from "../../src/forwarder/events.ts";
import { Forwarder, type ForwarderOptions } from "../../src/forwarder/forwarder.ts";
import { MemoryEngine, type MemoryStream } from "./memory-engine.ts";

/** Options of a forwarder that forwards what is there, as `forwarder --once` does. */
export function forwarderOptions(path: string, engine: () => Engine): ForwarderOptions {
  return {
    path,
    engine,
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
      changed: () => {},
      refilling: () => {},
      warned: () => {},
      rejected: () => {},
    },
    stop: new AbortController().signal,
  };
}

/** Forwards a log and its rotated files to their end. @returns what had become of files */
export async function forwardToMemory(path: string, stream: MemoryStream): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  const options = forwarderOptions(path, () => new MemoryEngine(stream));
  const events = { ...options.events, changed: (change: FileChange) => void changes.push(change) };
  await new Forwarder({ ...options, events }).run();
  return changes;
}
