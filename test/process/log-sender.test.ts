import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAggregator, createSender } from "../../src/index.ts";
import { LineQueue } from "../../src/producer/line-queue.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test.each(["unixsock", "tcp", "unixgram", "fifo"])(
  "over %s, lines of a program that never waits arrive in order, or are counted",
  async (name) => {
    const directory = temporaryDirectory();
    const output = join(directory, "out.jsonl");
    const address = name === "tcp" ? "tcp=127.0.0.1:0" : `${name}=${directory}/a`;
    const aggregator = await createAggregator({
      listen: [address],
      output,
      durability: { mode: "none" },
      check: "none",
    });
    const [endpoint] = aggregator.endpoints;
    if (endpoint === undefined) throw new Error("it listens nowhere");
    const sender = await createSender(endpoint, { queueBytesMax: 256 * 1024 });
    const lines = Array.from({ length: 200_000 }, (_, i) => `line ${i} ${"x".repeat(100)}`);
    for (const line of lines) void sender.send(line);
    const { sent, unsent, failure } = await sender.close();
    expect((await aggregator.close()).stored).toBe(sent);
    expect(failure).toBeUndefined();
    expect(unsent.overflow).toBeGreaterThan(0);
    expect(sent + unsent.overflow).toBe(lines.length);
    expect(readFileSync(output, "latin1")).toBe(`${lines.slice(0, sent).join("\n")}\n`);
  },
);

test("what doesn't fit in the queue's memory is refused, also in small lines", () => {
  const queue = new LineQueue(128 * 1024);
  const line = { bytes: Buffer.from("0123456\n"), lines: 1 };
  let taken = 0;
  while (queue.push(line)) taken++;
  expect(taken).toBe((128 * 1024) / 8);
  expect(queue.shift()?.lines).toBe(taken / 2);
  expect(queue.push(line)).toBe(true);
  expect(new LineQueue(100).push(line)).toBe(true);
});
