import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { measureCell } from "../../src/lab/cell/measure-cell.ts";
import { bpfProfiler } from "../../src/lab/collectors/bpf-profile.ts";
import type { Collector } from "../../src/lab/collectors/collector.ts";
import { perfProfiler } from "../../src/lab/collectors/perf-profile.ts";
import { PROC } from "../../src/lab/collectors/proc.ts";
import { NODE_PROGRAMS } from "../../src/lab/implementations/program-set.ts";
import { planOf } from "../../src/lab/run/plan.ts";
import { PROFILE } from "../../src/lab/scenarios/profile.ts";
import { sendStacks } from "../../src/lab/summary/stacks.ts";
import { isBlank } from "../../src/report/reading.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const PROFILERS = [
  ["bpftrace", bpfProfiler, ["on", "off"]],
  ["perf", perfProfiler, ["on"]],
] as const;
const missing = await Promise.all(PROFILERS.map(([, make]) => make("").unavailable()));
const cases = PROFILERS.filter((_, at) => missing[at] === undefined);

/** A short cell of the scenario over tcp. @returns its line and the results' folder */
async function profiled(make: (folder: string) => Collector): Promise<{
  line: Awaited<ReturnType<typeof measureCell>>["line"];
  folder: string;
}> {
  const folder = temporaryDirectory();
  const options = { quick: true, scenarios: [PROFILE], implementations: ["node"], repeats: 1 } as const;
  const plan = planOf({ ...options, transports: ["tcp"], untraceable: "not needed", unprofilable: undefined });
  const [cell] = plan.cells;
  if (cell === undefined || plan.cells.length !== 1) throw new Error("the plan has not one cell");
  const parameters = { ...cell.parameters, seconds: 1 };
  const place = { directory: join(folder, "cell"), programs: NODE_PROGRAMS, stop: new AbortController().signal };
  const blanks = { tracer: "not traced", cycles: "not counted" };
  const setup = {
    ...place,
    cell: { ...cell, parameters },
    scenario: PROFILE,
    collectors: [PROC, make(folder)],
    blanks,
  };
  return { line: (await measureCell(setup)).line, folder };
}

test.each(cases)("%s takes the stacks of both sides", async (_, make, ways) => {
  const before = readdirSync("/tmp");
  const workingDirectory = readdirSync(".");
  const { line, folder } = await profiled(make);
  const paths = line.stacks.value ?? {};
  const names = ["sender", "aggregator"].flatMap((side) => ways.map((way) => `${side}-${way}-cpu`));
  expect(Object.keys(paths).toSorted()).toEqual(names.toSorted());
  const text = (name: string): string => readFileSync(join(folder, paths[name] ?? ""), "utf8");
  const sender = text("sender-on-cpu");
  // The kernel's side of the send, the program's functions, and those that V8 has compiled.
  expect(sender).toMatch(/^sender;main_thread;.*;ksys_write;.*tcp_sendmsg.* \d+$/m);
  expect(sender).toMatch(/^sender;main_thread;.*JS:[\w#]+/m);
  expect(text("aggregator-on-cpu")).toMatch(/^aggregator;main_thread;/m);
  if (paths["sender-off-cpu"] !== undefined) expect(text("sender-off-cpu")).toMatch(/;(?:__)?schedule \d+$/m);
  const stacks = sendStacks([line], folder);
  expect(isBlank(stacks) || stacks.root.name).toBe("write");
  expect(isBlank(stacks) || stacks.usPerLine).toBeGreaterThan(0);
  const graph = readFileSync(join(folder, (paths["sender-on-cpu"] ?? "").replace(/folded$/, "svg")), "utf8");
  expect(graph).toContain("tcp_sendmsg");
  // V8's lists of functions are removed.
  expect(readdirSync("/tmp").filter((name) => /^perf-\d+\.map$/.test(name) && !before.includes(name))).toEqual([]);
  expect(readdirSync(".")).toEqual(workingDirectory);
});

test("where neither works, the reason is known", () => {
  for (const why of missing) expect(why === undefined || why.length > 20).toBe(true);
});
