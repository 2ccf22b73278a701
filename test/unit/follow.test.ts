import { appendFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { LatencyFollower } from "../../src/lab/follow.ts";
import { logFile, producerLine } from "../support/log-files.ts";

function follow(path: string): LatencyFollower {
  const follower = new LatencyFollower(path);
  onTestFinished(() => follower.close());
  return follower;
}

/** A line that was sent a second ago, or as many as that. */
function sentSecondsAgo(seconds: number): string {
  return producerLine("a", 0, { sentAtNs: Number(process.hrtime.bigint()) - seconds * 1e9 });
}

test("what is there already and what is appended is measured once, in order", () => {
  const path = logFile(sentSecondsAgo(100) + sentSecondsAgo(200));
  const follower = follow(path);
  follower.read();
  appendFileSync(path, sentSecondsAgo(300));
  follower.read();
  follower.read();
  expect(follower.latenciesNs.map((ns) => Math.floor(ns / 100e9))).toEqual([1, 2, 3]);
});

test("a line counts when its end has come, however it is cut", () => {
  const path = logFile("");
  const follower = follow(path);
  const line = Buffer.from(producerLine("ä", 0));
  for (const byte of line) {
    expect(follower.latenciesNs).toEqual([]);
    appendFileSync(path, Buffer.of(byte));
    follower.read();
  }
  expect(follower.latenciesNs).toHaveLength(1);
});

test("more than one read(2) takes is read at once", () => {
  const path = logFile(producerLine("a", 0, { message: "x".repeat(200_000) }) + sentSecondsAgo(1));
  const follower = follow(path);
  follower.read();
  expect(follower.latenciesNs).toHaveLength(2);
});

test("lines of other programs aren't measured", () => {
  const path = logFile(`{"level":"info"}\n${JSON.stringify({ _raw: "text" })}\n\n`);
  const follower = follow(path);
  follower.read();
  expect(follower.latenciesNs).toEqual([]);
});

test("a change of the file is noticed without being asked", async () => {
  const path = logFile("");
  const follower = follow(path);
  appendFileSync(path, sentSecondsAgo(1));
  while (follower.latenciesNs.length === 0) await new Promise(setImmediate);
});
