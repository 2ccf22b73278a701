import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TRANSPORT_NAMES, type TransportName } from "../../src/core/transport-name.ts";
import { type Bucket, type ScriptOutput, totalOf } from "../../src/lab/trace/script-output.ts";
import { requireTracing } from "./tracing.ts";
import { outputOf, Workbench } from "./workbench.ts";

requireTracing();

/** Both prime: hardly anything else comes in this number. */
const PRODUCERS = 7;
const LINES = 23;
const SENDS = PRODUCERS * LINES;

/** A line of this message is between 1 and 2 KiB. */
const MESSAGE_BYTES = "1200";

/** Follows a line through the kernel. */
const TRANSIT: Partial<Record<TransportName, string>> = { fifo: "fifo_transit.bt" };
const SOCKET_TRANSIT = "ready_to_read.bt";

const EXIT = "tracepoint:syscalls:sys_exit_";

type Counts = ReadonlyMap<string, number>;

describe.each(TRANSPORT_NAMES)("%s", (transport) => {
  test(`${SENDS} lines are ${SENDS} sends, in every script that counts them`, async () => {
    const run = await traced(transport);

    expect(run.stored).toBe(SENDS);
    const sent = run.bytes.histograms.get("@sent") ?? new Map();
    expect(sum(totals(sent))).toBe(SENDS);
    expect([...sent.values()].flat()).toEqual([{ low: 1024, high: 2048, count: SENDS }]);
    expect(sum(run.rate.counts.get("@total"))).toBe(run.storedBytes);

    // A call that a full queue refused was made again; and write serves other ends too, such as a thread pool's wakeups.
    const [call = ""] = [...sent.keys()];
    const refused = run.errors.counts.get("@failed")?.get(`${run.producer}, ${EXIT}${call}, 11, EAGAIN`) ?? 0;
    const timed = totals(run.latency.histograms.get("@lat"));
    expect([timed.get(call), timed.get("send refused") ?? 0]).toEqual([SENDS, refused]);
    const calls = run.calls.counts.get("@")?.get(call) ?? 0;
    if (call === "write") expect(calls).toBeGreaterThan(SENDS + refused);
    else expect(calls).toBe(SENDS + refused);

    const transits = sum(totals(run.transit.histograms.get("@lat")));
    expect(transits).toBeGreaterThan(0);
    expect(transits).toBeLessThanOrEqual(SENDS);
  });
});

test("tcp_sendmsg_latency.bt: each line is one send, delivered before the call returns", async () => {
  const workbench = new Workbench();
  const script = await workbench.attach("tcp_sendmsg_latency.bt");
  const aggregator = await workbench.aggregator("tcp");
  await workbench.producers(PRODUCERS, aggregator.endpoint, MESSAGE_BYTES, ...pace());
  const { histograms } = await outputOf(script);

  expect(histograms.get("@bytes")?.get("")).toEqual([{ low: 1024, high: 2048, count: SENDS }]);
  expect(totalOf(histograms.get("@send")?.get("") ?? [])).toBe(SENDS);
  const delivered = totalOf(histograms.get("@delivered")?.get("") ?? []);
  expect(delivered).toBeLessThanOrEqual(SENDS);
  expect(delivered).toBeGreaterThan(SENDS * 0.9);
});

interface TracedRun {
  /** The producers' name. */
  readonly producer: string;
  readonly stored: number;
  readonly storedBytes: number;
  readonly bytes: ScriptOutput;
  readonly calls: ScriptOutput;
  readonly latency: ScriptOutput;
  readonly rate: ScriptOutput;
  readonly errors: ScriptOutput;
  readonly transit: ScriptOutput;
}

async function traced(transport: TransportName): Promise<TracedRun> {
  const workbench = new Workbench();
  const scripts = await Promise.all([
    workbench.attach("ipc_bytes.bt"),
    workbench.attach("producer_syscalls_fast.bt"),
    workbench.attach("syscall_latency.bt"),
    workbench.attach("write_bytes_per_sec.bt"),
    workbench.attach("ipc_errors.bt"),
    workbench.attach(TRANSIT[transport] ?? SOCKET_TRANSIT),
  ] as const);
  const aggregator = await workbench.aggregator(transport, "-o", "out.jsonl");
  await workbench.producers(PRODUCERS, aggregator.endpoint, MESSAGE_BYTES, ...pace());
  const { stored } = await aggregator.stop();
  const storedBytes = statSync(join(workbench.directory, "out.jsonl")).size;
  const [bytes, calls, latency, rate, errors, transit] = await Promise.all([
    outputOf(scripts[0]),
    outputOf(scripts[1]),
    outputOf(scripts[2]),
    outputOf(scripts[3]),
    outputOf(scripts[4]),
    outputOf(scripts[5]),
  ]);
  const producer = workbench.name("producer");
  return { producer, stored: Number(stored), storedBytes, bytes, calls, latency, rate, errors, transit };
}

function pace(): string[] {
  return ["--count", String(LINES), "--interval", "10ms"];
}

function totals(histograms: ReadonlyMap<string, readonly Bucket[]> | undefined): Counts {
  return new Map([...(histograms ?? [])].map(([key, buckets]) => [key, totalOf(buckets)]));
}

function sum(counts: Counts | undefined): number {
  return [...(counts?.values() ?? [])].reduce((total, count) => total + count, 0);
}
