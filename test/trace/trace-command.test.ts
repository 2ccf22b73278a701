import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { parseScriptOutput, totalOf } from "../../src/lab/trace/script-output.ts";
import { OwnProgram } from "../../src/os/own-program.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { requireTracing } from "./tracing.ts";

requireTracing();

const TRACE = projectFile("scripts/trace.sh");

/** A producer of others: longer than any trace here, but it ends by itself. */
const OTHERS_PACE = ["--rate", "200", "--duration", "60s"];

test("trace.sh prints what the script saw of every line", () => {
  const { status, stdout, stderr } = traced("syscall_latency", "fifo", "2");

  expect({ status, stderr }).toEqual({ status: 0, stderr: "100 sends counted, 100 lines stored over fifo\n" });
  expect(totalOf(parseScriptOutput(stdout).histograms.get("@lat")?.get("write") ?? [])).toBe(100);
});

test("producers and aggregators of others are not counted, whether they started before or meanwhile", async () => {
  const directory = temporaryDirectory();
  const args = [`unixsock=${directory}/log.sock`, "-o", `${directory}/others.jsonl`, "--no-status"];
  const aggregator = new OwnProgram("aggregator", args);
  const { address } = await aggregator.event("listening");
  const other = (): OwnProgram => new OwnProgram("producer", [`unixsock=${address}`, ...OTHERS_PACE]);
  const producers = [other()];
  try {
    const tracing = spawn(TRACE, ["syscall_latency", "unixsock", "2"], { stdio: ["ignore", "pipe", "pipe"] });
    const summary = text(tracing.stderr);
    const printed = text(tracing.stdout);
    await childOf(tracing, "bpftrace");
    producers.push(other());

    expect(
      parseScriptOutput(await printed)
        .histograms.get("@lat")
        ?.get("write"),
    ).toBeDefined();
    expect(await summary).toBe("100 sends counted, 100 lines stored over unixsock\n");
    const { stdout } = traced("cpu_time", "unixsock", "2", "--", "--count", "1");
    const periods = parseScriptOutput(stdout).counts.get("@periods");
    expect(periods?.get("producer, main thread")).toBeGreaterThan(0);
    expect(periods?.get("aggregator, main thread")).toBeLessThan(200);
  } finally {
    for (const program of [...producers, aggregator]) program.kill("SIGTERM");
    await Promise.all([...producers, aggregator].map((program) => program.ended));
  }
});

test("options after -- go to the producers, and after another -- to the aggregator", () => {
  const paced = ["--", "--count", "23", "--interval", "10ms"];
  const { status, stderr } = traced("syscall_latency", "unixsock", "2", ...paced, "--", "--max-line", "64");

  // Each line is longer than the aggregator takes, and it says so.
  expect(status).toBe(0);
  expect(stderr).toMatch(/"oversize":46,.*\n46 sends counted, 0 lines stored over unixsock\n$/);
});

test("what was counted and what was stored must be the same", () => {
  const { status, stdout, stderr } = traced("syscall_latency", "udp", "1", "--", "--", "--max-line", "64");

  expect(status).toBe(1);
  expect(stdout).toContain("@lat[sendmmsg]");
  const [, summary, message = ""] = stderr.split("\n");
  expect(summary).toBe("50 sends counted, 0 lines stored over udp");
  expect(JSON.parse(message)).toMatchObject({
    code: "TRACE_FAILED",
    msg: expect.stringMatching(/counted 50 sends, but there were 0 lines stored/),
  });
});

test.each([
  { of: "producer", args: ["--", "--cuont", "23"], message: /1 of 1 producers ended with 2; .*options after --/ },
  {
    of: "aggregator",
    args: ["--", "--", "--max-lien", "64"],
    message: /the aggregator ended with 2 .*options after --/,
  },
])("options that the $of refuses end the trace", ({ args, message }) => {
  const { status, stdout, stderr } = traced("syscall_latency", "unixsock", "1", ...args);

  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(JSON.parse(stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({
    code: "TRACE_FAILED",
    msg: expect.stringMatching(message),
  });
});

test("with --keep-awake a loop runs on each CPU, and ends with the trace", async () => {
  const args = ["--keep-awake", "aggregator_sched_latency", "fifo", "1", "--", "--count", "23"];
  const tracing = spawn(TRACE, args, { stdio: ["ignore", "pipe", "ignore"] });
  const printed = text(tracing.stdout);
  const loop = await childOf(tracing, "sh");
  const { stdout } = spawnSync("chrt", ["-p", String(loop)], { encoding: "utf8" });

  expect(stdout).toContain("SCHED_IDLE");
  expect(
    totalOf(
      parseScriptOutput(await printed)
        .histograms.get("@lat")
        ?.get("") ?? [],
    ),
  ).toBeGreaterThan(0);
  expect(() => process.kill(loop, 0)).toThrow();
});

test("stopped halfway it prints what it saw, and ends all that it started", async () => {
  const TMPDIR = temporaryDirectory();
  const env = { ...process.env, TMPDIR };
  const tracing = spawn(TRACE, ["wakers", "unixsock", "2"], { stdio: ["ignore", "pipe", "ignore"], env });
  const aggregator = await childOf(tracing, "aggregator");
  await childOf(tracing, "bpftrace");
  tracing.kill("SIGINT");
  const printed = await text(tracing.stdout);

  expect(printed).toContain("Counting wakeups of the aggregator.");
  expect(tracing.exitCode ?? (await once(tracing, "exit"))[0]).toBe(0);
  expect(readdirSync(TMPDIR)).toEqual([]);
  expect(() => process.kill(aggregator, 0)).toThrow();
});

function traced(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(TRACE, args, { encoding: "utf8" });
}

/** Waits for a process's child of this name. */
async function childOf(parent: ChildProcess, name: string): Promise<number> {
  while (parent.exitCode === null) {
    const { stdout } = spawnSync("ps", ["-o", "pid=,comm=", "--ppid", String(parent.pid)], { encoding: "utf8" });
    const found = new RegExp(`^\\s*(\\d+) ${name}$`, "m").exec(stdout);
    if (found !== null) return Number(found[1]);
    await setImmediate();
  }
  throw new Error(`ended with ${parent.exitCode} without a child named ${name}`);
}
