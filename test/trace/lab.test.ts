import { expect, test } from "vitest";
import { TRANSPORT_NAMES, type TransportName } from "../../src/core/transport-name.ts";
import { measureCell } from "../../src/lab/cell/measure-cell.ts";
import { BPF } from "../../src/lab/collectors/bpf.ts";
import type { Collector } from "../../src/lab/collectors/collector.ts";
import { PROC } from "../../src/lab/collectors/proc.ts";
import { STRACE } from "../../src/lab/collectors/strace.ts";
import { NODE_PROGRAMS } from "../../src/lab/implementations/program-set.ts";
import type { CellLine } from "../../src/lab/results/cell-line.ts";
import { planOf } from "../../src/lab/run/plan.ts";
import { SCENARIOS } from "../../src/lab/scenarios/scenarios.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const missing = (await BPF.unavailable()) ?? (await STRACE.unavailable());

/** strace counts calls when they return. These don't, or threads may still be in them when their process ends. */
const UNRETURNED = new Set(["exit_group", "exit", "futex", "epoll_pwait"]);
/** strace sees the end of the execve(2) that starts a program; the script counts from the new name on, which that call gives. */
const STARTING = "execve";
/** Of a Node process: main thread, V8's and libuv's. */
const THREADS_MAX = 16;

/** The reference scenario's traced cell over one transport. */
async function traced(
  transport: TransportName,
  collectors: readonly Collector[],
  name = "reference",
): Promise<CellLine> {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`there is no ${name}`);
  const quick = { ...scenario, quickVariants: scenario.variants };
  const options = { quick: true, scenarios: [quick], implementations: ["node"], repeats: 1 } as const;
  const cell = planOf({
    ...options,
    transports: [transport],
    untraceable: undefined,
    unprofilable: undefined,
  }).cells.find((one) => one.traced);
  if (cell === undefined) throw new Error("it has no traced cell");
  const parameters = { ...cell.parameters, seconds: 1 };
  const directory = `${temporaryDirectory()}/cell`;
  const blanks = { tracer: "not traced", cycles: "not counted" };
  const place = { directory, programs: NODE_PROGRAMS, stop: new AbortController().signal };
  const setup = { ...place, cell: { ...cell, parameters }, scenario: quick };
  return (await measureCell({ ...setup, collectors, blanks })).line;
}

test.skipIf(missing !== undefined).each(TRANSPORT_NAMES)(
  "%s: the stages of all lines add up to their mean latency",
  async (transport) => {
    const line = await traced(transport, [PROC, BPF]);
    const stages = line.stages.value;
    const latency = line.latency.sinceDue.value;
    expect(line.counts).toMatchObject({ sent: 50, stored: 50 });
    expect(stages?.lines).toBeGreaterThanOrEqual(45);
    const sum = stages?.stages.reduce((total, { meanNs }) => total + meanNs, 0) ?? 0;
    expect(sum).toBeCloseTo(stages?.meanNs ?? 0, 3);
    // Where every line was followed, these are the same lines.
    if (stages?.lines === latency?.count) expect(sum / ((latency?.sum ?? 0) / 50)).toBeCloseTo(1, 6);
    expect(stages?.stages.map(({ name }) => name)).toContain("wakeup");
  },
);

test.skipIf(missing !== undefined)("acknowledged: a line's time ends with the sync", async () => {
  const line = await traced("unixsock", [PROC, BPF], "ack");
  const sync = line.stages.value?.stages.find(({ name }) => name === "sync");
  expect(sync?.meanNs).toBeGreaterThan(0);
});

test.skipIf(missing !== undefined).each(["unixsock", "udp"] as const)(
  "%s: strace counts the same calls in the same run",
  async (transport) => {
    let strace: CellLine["costs"] | undefined;
    // Both count the same processes. A later collector's figures count, so strace's are taken on their way.
    const counted: Collector = {
      ...STRACE,
      start: async (place) => {
        const collection = await STRACE.start(place);
        return {
          wrapper: (side, index) => collection.wrapper?.(side, index) ?? [],
          begin: (subjects) => collection.begin(subjects),
          end: (subjects) => collection.end(subjects),
          result: async () => {
            const collected = await collection.result();
            strace = { sender: collected.sender, aggregator: collected.aggregator } as CellLine["costs"];
            return collected;
          },
          close: () => collection.close(),
        };
      },
    };
    const { costs } = await traced(transport, [counted, BPF]);
    for (const side of ["sender", "aggregator"] as const) {
      const [calls, returnedCalls] = [costs[side].allSystemCalls.value, strace?.[side].allSystemCalls.value];
      const ours = returned(calls);
      expect([side, costs[side].allSystemCalls]).toMatchObject([side, { by: "bpf" }]);
      expect([side, ours]).toEqual([side, returned(returnedCalls)]);
      for (const name of ["futex", "epoll_pwait"]) {
        const unreturned = (calls?.[name] ?? 0) - (returnedCalls?.[name] ?? 0);
        expect(unreturned).toBeGreaterThanOrEqual(0);
        expect(unreturned).toBeLessThanOrEqual(5 * THREADS_MAX);
      }
    }
  },
);

function returned(calls: Readonly<Record<string, number>> | null | undefined): Record<string, number> {
  return Object.fromEntries(
    Object.entries(calls ?? {})
      .filter(([name]) => !UNRETURNED.has(name) && name !== STARTING)
      .toSorted(),
  );
}
