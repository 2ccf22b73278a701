import { readdirSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { runTrial, type TrialOptions } from "../../src/lab/trial.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const OPTIONS: TrialOptions = {
  transport: "unixsock",
  producers: 1,
  size: 100,
  count: 3,
  intervalMs: 1,
  stop: new AbortController().signal,
};

/** Where trials make their directories during the test, and tsx, which runs their programs from source, its own. */
function folderOfTrials(): string {
  const folder = temporaryDirectory();
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return folder;
}

function trialsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => !name.startsWith("tsx-"));
}

test("a trial accounts for its lines from the file, and leaves no directory", async () => {
  const folder = folderOfTrials();
  const { seconds, latencyP50Ms, latencyP99Ms, ...counts } = await runTrial(OPTIONS);
  expect(counts).toEqual({
    transport: "unixsock",
    sent: 3,
    stored: 3,
    lost: 0,
    duplicates: 0,
    reordered: 0,
    foreign: 0,
    residue: 0,
  });
  expect(seconds).toBeGreaterThan(0.002);
  expect(latencyP50Ms).toBeGreaterThan(0);
  expect(latencyP99Ms).toBeGreaterThanOrEqual(latencyP50Ms ?? Number.NaN);
  expect(trialsIn(folder)).toEqual([]);
});

test("a trial that is stopped before or while it runs ends with the reason, and leaves no directory", async () => {
  const folder = folderOfTrials();
  await expect(runTrial({ ...OPTIONS, stop: AbortSignal.abort("before") })).rejects.toBe("before");
  const stop = new AbortController();
  const trial = runTrial({ ...OPTIONS, count: 100_000, stop: stop.signal });
  expect(trialsIn(folder)).toHaveLength(1);
  stop.abort("meanwhile");
  await expect(trial).rejects.toBe("meanwhile");
  expect(trialsIn(folder)).toEqual([]);
});
