import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { parseScriptOutput, totalOf } from "../../src/lab/trace/script-output.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { requireTracing } from "./tracing.ts";

requireTracing();

const TRACE = projectFile("scripts/trace.sh");

test("trace.sh prints what the script saw of every line", () => {
  const { status, stdout, stderr } = spawnSync(TRACE, ["syscall_latency", "fifo", "2"], { encoding: "utf8" });

  expect(status).toBe(0);
  expect(stderr).toContain("100 lines stored over fifo\n");
  const writes = parseScriptOutput(stdout).histograms.get("@lat")?.get("write") ?? [];
  expect(totalOf(writes)).toBeGreaterThanOrEqual(100);
});

test("stopped halfway it prints what it saw, and ends all that it started", async () => {
  const TMPDIR = temporaryDirectory();
  const env = { ...process.env, TMPDIR };
  const tracing = spawn(TRACE, ["wakers", "unixsock", "2"], { stdio: ["ignore", "pipe", "ignore"], env });
  const aggregator = await childOf(tracing.pid ?? 0, "aggregator");
  await childOf(tracing.pid ?? 0, "bpftrace");
  tracing.kill("SIGINT");
  const printed = await text(tracing.stdout);

  expect(printed).toContain("Counting wakeups of the aggregator.");
  expect(tracing.exitCode ?? (await once(tracing, "exit"))[0]).toBe(0);
  expect(readdirSync(TMPDIR)).toEqual([]);
  expect(() => process.kill(aggregator, 0)).toThrow();
});

/** Waits for a process's child of this name. */
async function childOf(pid: number, name: string): Promise<number> {
  for (;;) {
    const { stdout } = spawnSync("ps", ["-o", "pid=,comm=", "--ppid", String(pid)], { encoding: "utf8" });
    const found = new RegExp(`^\\s*(\\d+) ${name}$`, "m").exec(stdout);
    if (found !== null) return Number(found[1]);
  }
}
