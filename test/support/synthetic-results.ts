import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TRANSPORT_NAMES, type TransportName } from "../../src/core/transport-name.ts";
import type { CellLine, SideCosts, Timeline } from "../../src/lab/results/cell-line.ts";
import { type Measured, measured, unmeasured } from "../../src/lab/results/measured.ts";
import { RESULTS_NAME } from "../../src/lab/results/results-file.ts";
import { type PlannedCell, RESULTS_SCHEMA, type RunLine } from "../../src/lab/results/run-line.ts";
import { STAGE_NAMES } from "../../src/lab/results/stages.ts";
import { Histogram, type HistogramData } from "../../src/lab/statistics/histogram.ts";
import { uniform } from "../../src/lab/statistics/random.ts";

/** Invented results for tests: the same for the same seed, never to be quoted. */
export interface SyntheticOptions {
  readonly seed?: number;
  readonly repeats?: number;
  /** Multiplies all latencies, for tests of comparisons. */
  readonly slower?: number;
  /** What could not be measured, as on a machine without root. */
  readonly untraced?: boolean;
}

interface Load {
  readonly scenario: string;
  readonly variant: string;
  readonly senders: number;
  readonly linesPerSecond: number | "max";
  readonly seconds: number | null;
  readonly messageBytes: number;
}

const BASE = { variant: "-", senders: 5, seconds: 1, messageBytes: 100 } as const;
const LOADS: readonly Load[] = [
  { ...BASE, scenario: "reference", linesPerSecond: 50, seconds: 2 },
  { ...BASE, scenario: "paced", variant: "10000", linesPerSecond: 10_000 },
  { ...BASE, scenario: "paced", variant: "100000", linesPerSecond: 100_000 },
  { ...BASE, scenario: "flood", linesPerSecond: "max", seconds: null },
  { ...BASE, scenario: "stall", linesPerSecond: 20_000 },
];
/** Median of the invented latencies, µs, and share of lines lost at 100,000 lines/s. */
const TRAITS: Readonly<Record<TransportName, { us: number; lost: number }>> = {
  unixsock: { us: 73, lost: 0 },
  tcp: { us: 81, lost: 0 },
  unixgram: { us: 89, lost: 0 },
  udp: { us: 100, lost: 0.28 },
  fifo: { us: 64, lost: 0 },
};

/** A run line and its cells, in the order of the plan. */
export function syntheticResults(options: SyntheticOptions = {}): { run: RunLine; cells: CellLine[] } {
  const { seed = 1, repeats = 3 } = options;
  const random = uniform(seed);
  const plan: PlannedCell[] = [];
  for (const load of LOADS) {
    for (let repeat = 1; repeat <= (load.scenario === "reference" ? 1 : repeats); repeat++) {
      for (const transport of TRANSPORT_NAMES) {
        plan.push(planned(load, { transport, repeat, traced: false }));
        if (load.scenario === "reference") plan.push(planned(load, { transport, repeat, traced: true }));
      }
    }
  }
  const why = "not in --quick";
  const skipped = ["loss-onset", "sizes", "senders", "restart", "ack"].map((scenario) => ({ scenario, why }));
  const run: RunLine = {
    kind: "run",
    schema: RESULTS_SCHEMA,
    run: `synthetic${seed}`,
    startedAt: "2026-11-26T08:00:00.000Z",
    options: {
      quick: true,
      transports: TRANSPORT_NAMES,
      scenarios: ["reference", "paced", "flood", "stall"],
      implementations: ["node"],
      repeats,
      collect: "auto",
      profile: false,
    },
    plan,
    skipped,
    configuration: { aggregator: [], producer: ["--batch", "64"] },
    environment: {
      kernel: "6.18.0",
      architecture: "x64",
      cpu: "Invented Processor",
      cores: 2,
      memoryBytes: 8e9,
      governor: null,
      virtual: true,
      clocksource: "tsc",
      root: options.untraced !== true,
      sysctls: { "net.unix.max_dgram_qlen": "10", "net.core.rmem_max": "212992" },
      versions: { node: "v20.20.2", "log-aggregator": "0.1.0", bpftrace: "bpftrace v0.17.0", perf: null, go: null },
    },
  };
  return { run, cells: plan.map((cell) => cellOf(cell, random, options)) };
}

/** Writes results.jsonl into a folder. @returns its path */
export function writeSyntheticResults(directory: string, options: SyntheticOptions = {}): string {
  const { run, cells } = syntheticResults(options);
  const path = join(directory, RESULTS_NAME);
  writeFileSync(path, [run, ...cells].map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}

function planned(load: Load, place: Pick<PlannedCell, "transport" | "repeat" | "traced">): PlannedCell {
  const { transport, repeat, traced } = place;
  const { scenario, variant, ...parameters } = load;
  const id = `${scenario}/${variant}/${transport}/node/${repeat}${traced ? "/traced" : ""}`;
  const linesPerSender = parameters.linesPerSecond === "max" ? 40_000 : null;
  return { id, scenario, variant, ...place, implementation: "node", parameters: { ...parameters, linesPerSender } };
}

function cellOf(cell: PlannedCell, random: () => number, options: SyntheticOptions): CellLine {
  const { transport, scenario, traced, parameters } = cell;
  const { senders, seconds, linesPerSender } = parameters;
  const rate = parameters.linesPerSecond === "max" ? 600_000 * (0.9 + 0.2 * random()) : parameters.linesPerSecond;
  const sent = linesPerSender === null ? rate * (seconds ?? 0) : senders * linesPerSender;
  const isTooFast = rate >= 100_000;
  const lost = isTooFast ? Math.round(sent * TRAITS[transport].lost * (0.9 + 0.2 * random())) : 0;
  const stored = sent - lost;
  const us = TRAITS[transport].us * (options.slower ?? 1) * (0.95 + 0.1 * random());
  const latencies = invented(Math.min(stored, 2000), { us, isStalled: scenario === "stall" }, random);
  const isDue = parameters.linesPerSecond !== "max";
  const bpf = <Value>(value: Value): Measured<Value> =>
    !traced
      ? unmeasured("this cell isn't traced; its twin is")
      : options.untraced === true
        ? unmeasured("bpftrace needs root, and this is uid 1000")
        : measured("bpf", value);
  const took = sent / rate;
  return {
    ...cell,
    kind: "cell",
    startedAt: "2026-11-26T08:00:10.000Z",
    seconds: took,
    counts: {
      offered: sent,
      sent,
      unsent: { tooLong: 0, refused: 0, broken: 0, inDoubt: 0, unacknowledged: 0 },
      stored,
      lost: { blank: measured("ledger", 0), oversize: measured("ledger", 0), kernelDrops: measured("ledger", lost) },
      duplicates: 0,
      reordered: 0,
      foreign: 0,
      residue: measured("lab", 0),
      kernel: transport === "udp" ? { "udp drops": measured("proc", lost) } : {},
    },
    rates: { linesPerSecond: stored / took, bytesPerSecond: (stored * 230) / took },
    latency: {
      sinceDue: isDue ? measured("lab", histogramOf(latencies)) : unmeasured("a flood has no schedule"),
      sinceSent: measured("lab", histogramOf(latencies.map((ns) => 0.9 * ns))),
    },
    stages: bpf(stagesOf(sent, us)),
    costs: {
      sender: side(transport, { lines: sent, cpuOfLine: 3e-6 }, bpf),
      aggregator: side(transport, { lines: sent, cpuOfLine: 2e-6 }, bpf),
    },
    blockedSeconds: measured("lab", transport === "udp" ? 0 : isTooFast ? 0.3 * random() : 0),
    queue: {
      linesMax: measured("lab", Math.round(rate / 100)),
      linesMean: measured("lab", (rate * us) / 1e6),
      bytesMax: transport === "udp" || transport === "tcp" ? measured("proc", 65_536) : unmeasured("not in /proc/net"),
    },
    timeline: timelineOf(cell, latencies),
    stacks: unmeasured("no collector takes stacks"),
    ...(scenario === "stall" ? { recoverySeconds: measured("lab", 0.004) } : {}),
    receiveBufferBytes: transport === "udp" ? 67_108_864 : null,
    machine: {
      load: 0.5,
      stolenSeconds: measured("proc", 0.01),
      otherSeconds: measured("proc", 0.02),
      softirqSeconds: measured("proc", 0.05),
    },
  };
}

function side(
  transport: TransportName,
  { lines, cpuOfLine }: { lines: number; cpuOfLine: number },
  bpf: <Value>(value: Value) => Measured<Value>,
): SideCosts {
  const call = transport === "udp" || transport === "unixgram" ? "sendmmsg" : "write";
  return {
    cpuUserSeconds: measured("proc", lines * cpuOfLine),
    cpuSystemSeconds: measured("proc", 1.5 * lines * cpuOfLine),
    softirqSeconds: bpf(transport === "tcp" || transport === "udp" ? 0.5 * lines * cpuOfLine : 0),
    voluntarySwitches: measured("proc", Math.round(lines / 20)),
    involuntarySwitches: measured("proc", Math.round(lines / 500)),
    wakeups: bpf(Math.round(lines / 18)),
    writtenBytes: measured("proc", 230 * lines),
    readBytes: measured("proc", 0),
    systemCalls: bpf({ [call]: lines, epoll_pwait: 2 * lines, futex: lines }),
    systemCallNs: bpf({ [call]: 4000 * lines, epoll_pwait: 50_000 * lines, futex: 9000 * lines }),
    allSystemCalls: bpf({ [call]: lines + 10, epoll_pwait: 2 * lines + 25, futex: lines + 200, mmap: 306 }),
    cycles: unmeasured("perf can't count cycles on this virtual machine"),
    cacheMisses: unmeasured("perf can't count cache-misses on this virtual machine"),
    peakRssBytes: measured("proc", 55_000_000),
  };
}

function stagesOf(
  lines: number,
  us: number,
): { lines: number; meanNs: number; stages: { name: "send"; meanNs: number }[] } {
  const names = STAGE_NAMES.filter((name) => name !== "sync");
  const stages = names.map((name, at) => ({ name: name as "send", meanNs: (1000 * us * (1 + (at % 3))) / 18 }));
  return { lines, meanNs: stages.reduce((sum, { meanNs }) => sum + meanNs, 0), stages };
}

function timelineOf({ scenario, parameters }: PlannedCell, latencies: readonly number[]): Measured<Timeline> {
  const spanMs = 1000 * (parameters.seconds ?? 1);
  const at = (i: number): number => (spanMs * i) / latencies.length;
  if (scenario === "reference") {
    const points = latencies.map((ns, i): [number, number] => [Math.floor(at(i) / 20) * 20, ns]);
    return measured("lab", { kind: "points", points });
  }
  if (scenario !== "stall") return unmeasured("only reference and stall keep their lines' times");
  const cells = new Map<string, [number, number, number]>();
  for (const [i, ns] of latencies.entries()) {
    const [column, row] = [Math.floor(at(i) / 10), Math.floor(ns / 1e7)];
    const cell = cells.get(`${column} ${row}`) ?? [column, row, 0];
    cell[2]++;
    cells.set(`${column} ${row}`, cell);
  }
  return measured("lab", { kind: "grid", columnMs: 10, rowMs: 10, cells: [...cells.values()] });
}

interface Delay {
  /** The median latency. */
  readonly us: number;
  readonly isStalled: boolean;
}

/** Latencies in ns, log-normal with a tail; with a stall, lines of 500 ms wait for its end. */
function invented(count: number, { us, isStalled }: Delay, random: () => number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const normal = Math.sqrt(-2 * Math.log(random() || 1e-9)) * Math.cos(2 * Math.PI * random());
    const waits = isStalled && i > count / 4 && i < (3 * count) / 4 ? 500e6 * (1.5 - (2 * i) / count) : 0;
    return Math.round(1000 * us * Math.exp(0.6 * normal) + waits);
  });
}

function histogramOf(latencies: readonly number[]): HistogramData {
  const histogram = new Histogram();
  for (const ns of latencies) histogram.record(ns);
  return histogram.data();
}
