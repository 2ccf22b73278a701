import { expect, test } from "vitest";
import { Backoff } from "../../src/forwarder/backoff.ts";
import { Forwarder } from "../../src/forwarder/forwarder.ts";
import { logFile } from "../support/log-files.ts";
import { type Fate, MemoryEngine, MemoryStream } from "../support/memory-engine.ts";

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
