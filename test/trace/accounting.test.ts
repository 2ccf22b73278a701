import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { requireTracing } from "./tracing.ts";
import { ended, outputOf, Workbench } from "./workbench.ts";

requireTracing();

/** Prime. */
const NAPS = 199;

/** Works and sleeps by turns, then tells what the kernel has booked on it. */
const PROGRAM = `
  const rest = new Int32Array(new SharedArrayBuffer(4));
  for (let nap = 0; nap < ${NAPS}; nap += 1) {
    const until = performance.now() + 1;
    while (performance.now() < until);
    Atomics.wait(rest, 0, 0, 1);
  }
  const { voluntaryContextSwitches, userCPUTime, systemCPUTime } = process.resourceUsage();
  console.log(JSON.stringify({ waits: voluntaryContextSwitches, microseconds: userCPUTime + systemCPUTime }));`;

test("context switches and CPU time are those that the kernel books on the process", async () => {
  const workbench = new Workbench();
  const scripts = await Promise.all([
    workbench.attach("producer_context_switches.bt"),
    workbench.attach("cpu_time.bt"),
  ]);
  const program = workbench.start("producer", ["-e", PROGRAM], "pipe");
  if (program.stdout === null) throw new Error("no stdout");
  const line = await text(program.stdout);
  const booked: { waits: number; microseconds: number } = JSON.parse(line);
  const [switches, time] = await Promise.all(scripts.map(outputOf));

  const waited = switches?.counts.get("@waited");
  expect(waited?.get("main thread")).toBeGreaterThanOrEqual(NAPS);
  const waits = sum(waited);
  expect(Math.abs(waits - booked.waits)).toBeLessThan(0.1 * booked.waits);
  const nanoseconds = [...(time?.counts.get("@nsecs") ?? [])].filter(([key]) =>
    key.startsWith(workbench.name("producer")),
  );
  const milliseconds = nanoseconds.reduce((total, [, count]) => total + count, 0) / 1e6;
  expect(milliseconds).toBeGreaterThan(0.9 * (booked.microseconds / 1e3));
  expect(milliseconds).toBeLessThan(1.1 * (booked.microseconds / 1e3));
});

test("strace counts the same calls", async () => {
  const workbench = new Workbench();
  const script = await workbench.attach("producer_syscalls_fast.bt");
  const aggregator = await workbench.aggregator("unixsock");
  const producer = [projectFile("dist/bin/producer.js"), aggregator.endpoint, "--count", "23", "--interval", "10ms"];
  const strace = ["-f", "-qq", "-c", "-U", "calls,name", "-o", "strace.txt"];
  const traced = workbench.run("strace", [...strace, workbench.linkTo("producer", process.execPath), ...producer]);
  expect(await ended(traced)).toBe(0);
  const counts = (await outputOf(script)).counts.get("@") ?? new Map<string, number>();

  const rows = [...readFileSync(join(workbench.directory, "strace.txt"), "utf8").matchAll(/^\s*(\d+)\s+(\w+)$/gm)];
  const straced = new Map(rows.map(([, calls, name = ""]) => [name, Number(calls)]));
  const total = straced.get("total") ?? 0;
  expect(total).toBeGreaterThan(500);
  expect(Math.abs(sum(counts) - total)).toBeLessThan(0.02 * total);
  for (const call of ["write", "read", "openat", "mmap", "epoll_pwait", "socket", "connect"]) {
    expect([call, counts.get(call)]).toEqual([call, straced.get(call)]);
  }
});

test("ipc_errors.bt names who was refused, by what call and why", async () => {
  const workbench = new Workbench();
  const script = await workbench.attach("ipc_errors.bt");
  const refused = "for (let n = 0; n < 13; n += 1) require('node:net').connect('/nowhere').on('error', () => {});";
  expect(await ended(workbench.start("producer", ["-e", refused]))).toBe(0);
  const { counts } = await outputOf(script);

  const key = `${workbench.name("producer")}, tracepoint:syscalls:sys_exit_connect, 2, ENOENT`;
  expect(counts.get("@failed")?.get(key)).toBe(13);
});

function sum(counts: ReadonlyMap<string, number> | undefined): number {
  return [...(counts?.values() ?? [])].reduce((total, count) => total + count, 0);
}
