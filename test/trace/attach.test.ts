import { once } from "node:events";
import { expect, test } from "vitest";
import { totalOf } from "../../src/lab/trace/script-output.ts";
import { requireTracing, SCRIPTS } from "./tracing.ts";
import { ended, outputOf, Workbench } from "./workbench.ts";

requireTracing();

/** What bpftrace says of a sound script: that it can't raise a limit that no longer counts, and 0.27's opinions on casts and loops. */
const HARMLESS = [
  /RLIMIT_MEMLOCK/,
  /BPFTRACE_MAP_KEYS_MAX is deprecated/,
  /Addrspace mismatch/,
  /Unnecessary cast/,
  /While loops/,
  /available_filter_functions/,
];

/** Has a probe on every system call, and takes half a minute to detach: below. */
const SLOW = "producer_syscalls.bt";

const OTHERS = SCRIPTS.filter((script) => script !== SLOW);

/** On a machine with other work to do. */
const MS_MAX = 300_000;

/** Detaching is waiting, so a few go together. */
const AT_ONCE = 4;

test(
  "every script attaches, detaches and leaves nothing to complain of",
  async () => {
    const workbench = new Workbench();
    const waiting = [...OTHERS];
    const found = new Map<string, readonly string[]>();
    const work = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        const script = await workbench.attach(name);
        const text = await script.stop();
        const greeted = /^[A-Z].* Hit Ctrl-C to end\b/m.test(text);
        // Nobody has the workbench's names, so a script has nothing to show, unless it counts for the whole machine.
        const hasResult = /^@/m.test(text) || /^(No|Nothing) .*\.$/m.test(text);
        const faults = [...(greeted ? [] : ["no greeting"]), ...(hasResult ? [] : ["ended without a word"])];
        found.set(name, [...complaints(script.warnings), ...faults]);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));

    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(OTHERS.map((name) => [name, []])));
  },
  MS_MAX,
);

test(
  "producer_syscalls.bt counts every call from the first on, in the original's form",
  async () => {
    const workbench = new Workbench();
    const [wildcard, fast] = await Promise.all([workbench.attach(SLOW), workbench.attach("producer_syscalls_fast.bt")]);
    const write = "for (let n = 0; n < 23; n += 1) require('node:fs').writeSync(1, 'line\\n');";
    await Promise.all(Array.from({ length: 7 }, () => ended(workbench.start("producer", ["-e", write]))));
    const [slowText, fastOutput] = await Promise.all([wildcard.stop(), outputOf(fast)]);

    const slowCounts = new Map(
      [...slowText.matchAll(/^@\[tracepoint:syscalls:sys_enter_(\w+)\]: (\d+)$/gm)].map(([, call = "", count]) => [
        call,
        Number(count),
      ]),
    );
    const fastCounts = fastOutput.counts.get("@") ?? new Map<string, number>();
    expect(slowCounts.get("write")).toBe(fastCounts.get("write"));
    expect(slowCounts.get("write")).toBeGreaterThanOrEqual(7 * 23);
    expect(slowCounts.get("exit_group")).toBe(7);
    const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
    expect(sum(slowCounts)).toBe(sum(fastCounts));
    expect(complaints(wildcard.warnings)).toEqual([]);
  },
  MS_MAX,
);

test("a process that already runs is traced, by the name it gave itself", async () => {
  const workbench = new Workbench();
  const { endpoint } = await workbench.aggregator("unixsock");
  const program = `
    require("node:fs").writeFileSync("/proc/self/comm", ${JSON.stringify(workbench.name("producer"))});
    const aggregator = require("node:net").connect(process.argv[1]);
    console.log("ready");
    process.stdin.once("data", () => {
      for (let n = 0; n < 23; n += 1) aggregator.write("line\\n");
      aggregator.end();
      process.stdin.destroy();
    });`;
  const child = workbench.run(process.execPath, ["-e", program, endpoint.replace(/^.*=/, "")], "pipe");
  if (child.stdout !== null) await once(child.stdout, "data");
  const script = await workbench.attach("syscall_latency.bt");
  child.stdin?.write("go");
  await ended(child);

  const writes = (await outputOf(script)).histograms.get("@lat")?.get("write") ?? [];
  expect(totalOf(writes)).toBe(23);
});

function complaints(warnings: string): string[] {
  const said = warnings.split("\n").filter((line) => /\b(WARNING|ERROR)\b/.test(line));
  return said.filter((line) => !HARMLESS.some((pattern) => pattern.test(line)) && !line.includes("expanded from"));
}
