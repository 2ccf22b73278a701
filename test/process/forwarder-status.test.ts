import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkpointPath } from "../../src/checkpoint/checkpoint.ts";
import { Progress } from "../../src/forwarder/progress.ts";
import { type EndedForwarder, runForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { MemoryStream } from "../support/memory-engine.ts";
import { forwardToMemory } from "../support/memory-forwarding.ts";

/** A log of which ten lines are forwarded. */
async function forwardedLog(): Promise<string> {
  const path = logFile(line(0).repeat(10));
  await forwardToMemory(path, new MemoryStream());
  return path;
}

function line(ageMs: number): string {
  return `${JSON.stringify({ time: new Date(Date.now() - ageMs).toISOString(), level: "info" })}\n`;
}

function status(path: string, ...more: string[]): Promise<EndedForwarder> {
  return runForwarder(["status", path, ...more]);
}

test("lag in bytes, lines and seconds, with rotated files, and whether a forwarder runs", async () => {
  const path = await forwardedLog();
  const idle = await status(path, "--max-lag", "1B");
  expect(idle).toMatchObject({ status: 0 });
  expect(idle.events).toMatchObject([{ event: "status", lagBytes: 0, lagLines: 0, lagSeconds: 0, oldest: null }]);
  const offset = line(0).length * 10;
  appendFileSync(path, `${line(3_600_000)}an unfinished`);
  renameSync(path, `${path}.20261126T000000000Z`);
  writeFileSync(path, `${line(0)}${line(0)}another unfinished`);
  const progress = new Progress(checkpointPath(path), "memory");
  const { events } = await status(path);
  progress.close();
  const rotated = { path: "app.jsonl.20261126T000000000Z", forwardedBytes: offset, lagLines: 2 };
  expect(events).toMatchObject([
    {
      target: "memory",
      present: "same",
      lagLines: 4,
      lagBytes: 3 * line(0).length + "an unfinished".length,
      oldest: { path: "app.jsonl.20261126T000000000Z", offset },
      files: [rotated, { path: "app.jsonl", id: null, forwardedBytes: 0, lagLines: 2 }],
      forwarder: `pid ${process.pid} (uid ${process.getuid?.()})`,
    },
  ]);
  const [{ lagSeconds } = {}] = events;
  expect(lagSeconds).toBeGreaterThanOrEqual(3600);
});

test("--max-lag: 4 above a duration or a size, and a time is needed for a duration", async () => {
  const path = await forwardedLog();
  appendFileSync(path, line(600_000));
  expect(await status(path, "--max-lag", "5m")).toMatchObject({ status: 4 });
  expect(await status(path, "--max-lag", "1h")).toMatchObject({ status: 0 });
  expect(await status(path, "--max-lag", "10B")).toMatchObject({ status: 4 });
  const timeless = await forwardedLog();
  appendFileSync(timeless, '{"_raw":"no time"}\n');
  const ended = await status(timeless, "--max-lag", "5m");
  expect(ended).toMatchObject({ status: 2, stderr: expect.stringContaining("has no time by which its age is known") });
  expect(await status(timeless, "--max-lag", "10B")).toMatchObject({ status: 4 });
});

test("a log that was never forwarded, one whose file is gone, and one with a damaged checkpoint", async () => {
  const [unknown] = (await status(logFile(line(0)))).events;
  expect(unknown).toMatchObject({ target: null, present: null, lagLines: 1, forwarder: null });
  const path = await forwardedLog();
  writeFileSync(path, line(0));
  expect(await status(path)).toMatchObject({ status: 3, events: [{ present: "replaced", lagLines: 1 }] });
  writeFileSync(checkpointPath(path), "nonsense");
  const damaged = await status(path);
  expect(damaged).toMatchObject({ status: 1, stderr: expect.stringContaining("CHECKPOINT_UNUSABLE") });
});
