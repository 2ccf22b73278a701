import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { hasGo } from "../../src/lab/implementations/go.ts";
import { readResults } from "../../src/lab/results/results-file.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const LOOK_MS = 20;
const PROGRAM = fileURLToPath(new URL("../../dist/bin/ipc-lab.js", import.meta.url));

interface Lab {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  stderr: string;
}

function start(out: string, ...args: string[]): Lab {
  // Programs that a killed run leaves behind show themselves in this folder's name.
  const env = { ...process.env, TMPDIR: out };
  const words = [PROGRAM, "run", "--out", out, "--quick", "--collect", "proc", ...args];
  const child = spawn(process.execPath, words, { env, stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lab: Lab = { child, ended: once(child, "close").then(([status]) => status), stderr: "" };
  child.stderr?.on("data", (text) => (lab.stderr += text));
  return lab;
}

function linesIn(out: string): number {
  const path = join(out, "results.jsonl");
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;
}

/** Programs that were started with a path in this folder. */
function programsOf(out: string): string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .map(commandLine)
    .filter((words) => words.includes(`=${out}/ipc-lab-`));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** Fifteen cells, or four and what is begun again. */
const RUN_MS_MAX = 180_000;

describe("ipc-lab run", { timeout: RUN_MS_MAX }, () => {
  test("measures each cell of the plan, and accounts for every line", async () => {
    const out = temporaryDirectory();
    const lab = start(out, "--scenarios", "reference,flood,stall", "--repeat", "1");
    expect([await lab.ended, lab.stderr]).toEqual([0, expect.stringContaining("results:")]);
    const { run, cells, failed } = readResults(join(out, "results.jsonl"));
    expect(failed).toEqual([]);
    expect(cells.map(({ id }) => id)).toEqual(run.plan.map(({ id }) => id));
    for (const { id, counts, scenario, latency } of cells) {
      expect([id, counts.residue]).toEqual([id, { value: 0, by: "ledger" }]);
      expect([id, counts.duplicates, counts.reordered, counts.foreign]).toEqual([id, 0, 0, 0]);
      if (scenario !== "flood") expect([id, counts.offered]).toEqual([id, scenario === "stall" ? 20_000 : 100]);
      const histogram = scenario === "flood" ? latency.sinceSent : latency.sinceDue;
      expect([id, histogram.value?.count]).toEqual([id, counts.stored]);
    }
    expect(readdirSync(out)).toEqual(["results.jsonl"]);
  });

  test.skipIf(!hasGo())("measures the Go programs beside ours (skipped without go: install golang-go)", async () => {
    const out = temporaryDirectory();
    const lab = start(out, "--scenarios", "stall", "--transports", "tcp,fifo", "--repeat", "1", "--with", "go");
    expect([await lab.ended, lab.stderr]).toEqual([0, expect.stringContaining("results:")]);
    const { cells } = readResults(join(out, "results.jsonl"));
    expect(cells.map(({ id }) => id)).toEqual([
      "stall/-/tcp/node/1",
      "stall/-/tcp/go/1",
      "stall/-/fifo/node/1",
      "stall/-/fifo/go/1",
    ]);
    for (const { id, counts, latency } of cells) {
      expect([id, counts.sent, counts.stored]).toEqual([id, 20_000, 20_000]);
      expect([id, latency.sinceDue.value?.count]).toEqual([id, 20_000]);
    }
  });

  test("a run that is killed again and again is continued to the same set of cells, and leaves no program", async () => {
    const out = temporaryDirectory();
    const args = ["--scenarios", "flood", "--transports", "unixsock,udp", "--repeat", "2"];
    let plan: unknown;
    for (let lines = 1; lines <= 3; lines++) {
      const lab = start(out, ...args);
      while (linesIn(out) < lines) await pause(LOOK_MS);
      lab.child.kill("SIGKILL");
      await lab.ended;
      const { run } = readResults(join(out, "results.jsonl"));
      plan ??= run.plan;
      expect(run.plan).toEqual(plan);
    }
    expect(await start(out, ...args).ended).toBe(0);
    const { run, cells } = readResults(join(out, "results.jsonl"));
    expect(cells.map(({ id }) => id)).toEqual(run.plan.map(({ id }) => id));
    expect(cells).toHaveLength(4);
    while (programsOf(out).length > 0) await pause(LOOK_MS);
    expect(readdirSync(out)).toEqual(["results.jsonl"]);
  });

  test("a folder with results of other options is left alone", async () => {
    const out = temporaryDirectory();
    const args = ["--scenarios", "flood", "--transports", "fifo"];
    expect(await start(out, ...args, "--repeat", "1").ended).toBe(0);
    const before = readFileSync(join(out, "results.jsonl"), "utf8");
    const other = start(out, ...args, "--repeat", "2");
    expect([await other.ended, other.stderr]).toEqual([2, expect.stringContaining("is of a run with other options")]);
    expect(readFileSync(join(out, "results.jsonl"), "utf8")).toBe(before);
  });

  test("what doesn't exist can't be measured", async () => {
    const lab = start(temporaryDirectory(), "--transports", "tcp,smoke");
    expect([await lab.ended, lab.stderr]).toEqual([
      2,
      expect.stringContaining('"smoke" is none; write unixsock, tcp,'),
    ]);
  });
});
