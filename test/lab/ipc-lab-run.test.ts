import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { CLAIMS } from "../../src/lab/claims/claims.ts";
import { hasGo } from "../../src/lab/implementations/go.ts";
import { readResults } from "../../src/lab/results/results-file.ts";
import { uniform } from "../../src/lab/statistics/random.ts";
import { readClaims } from "../../src/lab/summary/claims-file.ts";
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
  const child = spawn(process.execPath, words, { env, detached: true, stdio: ["ignore", "ignore", "pipe"] });
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

/** How runs are ended: `^C` is what Ctrl-C in a terminal sends, a SIGINT to the lab and all its programs. */
const ENDS = ["SIGKILL", "^C", "SIGTERM", "SIGKILL", "^C", "SIGKILL", "SIGINT", "SIGKILL"] as const;
/** A run of four cells takes about as long as so many looks. */
const LOOKS_MAX = 200;
/** A run with the same seed is ended at the same moments, as far as the machine allows. */
const SEED = Number(process.env["SEED"] ?? Date.now() % 1e6);

const NO_TRACE: unknown = expect.not.stringMatching(/^ +at |Error:/m);

type Ending = readonly [status: number | null, signal: NodeJS.Signals | null];

async function ended({ child, ended: end }: Lab, how: (typeof ENDS)[number]): Promise<Ending> {
  if (child.exitCode === null && child.signalCode === null) {
    if (how === "^C") process.kill(-(child.pid ?? 0), "SIGINT");
    else child.kill(how);
  }
  await end;
  return [child.exitCode, child.signalCode];
}

/** Appends the beginning of a line, as a run that is killed in the append leaves it. */
function tear(path: string, share: number): void {
  if (!existsSync(path)) return;
  const line = readFileSync(path, "utf8").trimEnd().split("\n").at(-1) ?? "";
  appendFileSync(path, line.slice(0, Math.floor(share * line.length)));
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

  test("a run that is killed at any moment is continued to the same set of cells, and leaves no program", async () => {
    const out = temporaryDirectory();
    const args = ["--scenarios", "flood", "--transports", "unixsock,udp", "--repeat", "2"];
    const random = uniform(SEED);
    const path = join(out, "results.jsonl");
    let plan: unknown;
    for (const end of ENDS) {
      const lab = start(out, ...args);
      const isOver = lab.ended.then(() => true);
      for (let looks = Math.floor(LOOKS_MAX * random()); looks > 0; looks--) {
        if (await Promise.race([isOver, pause(LOOK_MS)])) break;
      }
      const [status, signal] = await ended(lab, end);
      // Half of those that are killed are killed as if in the middle of an append.
      if (end === "SIGKILL" && random() < 0.5) tear(path, random());
      else if (end !== "SIGKILL") expect([end, status, signal, lab.stderr]).toEqual([end, 0, null, NO_TRACE]);
      if (linesIn(out) === 0) continue;
      const { run } = readResults(path);
      plan ??= run.plan;
      expect(run.plan).toEqual(plan);
    }
    const last = start(out, ...args);
    expect([await last.ended, last.stderr]).toEqual([0, NO_TRACE]);
    const { run, cells } = readResults(path);
    expect(cells.map(({ id }) => id).toSorted()).toEqual(run.plan.map(({ id }) => id).toSorted());
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

  test("results of another machine or build are left alone", async () => {
    const out = temporaryDirectory();
    const args = ["--scenarios", "flood", "--transports", "fifo", "--repeat", "1"];
    expect(await start(out, ...args).ended).toBe(0);
    const path = join(out, "results.jsonl");
    const text = readFileSync(path, "utf8");
    for (const [from, to, what] of [
      [/"kernel":"[^"]*"/, '"kernel":"2.6.32"', "kernel 2.6.32 and "],
      [/"build":"[^"]*"/, '"build":"0123456789ab"', "build 0123456789ab and "],
    ] as const) {
      const edited = text.replace(from, to);
      writeFileSync(path, edited);
      const again = start(out, ...args);
      expect([await again.ended, again.stderr]).toEqual([2, expect.stringContaining(what)]);
      expect(readFileSync(path, "utf8")).toBe(edited);
    }
  });

  test("with --claims the results include every claim, and the report shows them", async () => {
    const out = temporaryDirectory();
    const lab = start(out, "--scenarios", "flood", "--transports", "fifo", "--repeat", "1", "--claims");
    expect([await lab.ended, lab.stderr]).toEqual([0, NO_TRACE]);
    const claims = readClaims(out);
    expect(claims.map(({ id }) => id)).toEqual(CLAIMS.map(({ id }) => id));
    expect(claims.filter(({ result }) => result !== null).length).toBeGreaterThan(CLAIMS.length / 2);
    expect(spawnSync(process.execPath, [PROGRAM, "report", out]).status).toBe(0);
    const report = readFileSync(join(out, "report.md"), "utf8");
    for (const { text } of claims) expect(report).toContain(text);
  });

  test("what doesn't exist can't be measured", async () => {
    const lab = start(temporaryDirectory(), "--transports", "tcp,smoke");
    expect([await lab.ended, lab.stderr]).toEqual([
      2,
      expect.stringContaining('"smoke" is none; write unixsock, tcp,'),
    ]);
  });
});
