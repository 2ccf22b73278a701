/**
 * The five transports side by side with the project's own producer, as rows for the README's table:
 * 5 × 200,000 lines at full speed, then 5 × 10 lines/s.
 * node --import tsx bench/transports.ts [--rounds N] [-- AGGREGATOR OPTIONS]
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { temporaryAddress } from "../src/addresses/temporary-address.ts";
import { TRANSPORT_NAMES, type TransportName } from "../src/core/transport-name.ts";
import { median } from "../src/lab/statistics/summary.ts";
import { runTrial, type TrialResult } from "../src/lab/trial.ts";
import { cpuSeconds } from "../src/os/process-tree.ts";

const run = promisify(execFile);
const program = (name: string): string => fileURLToPath(new URL(`../dist/bin/${name}.js`, import.meta.url));
const PRODUCERS = 5;
const FLOOD = ["--rate", "max", "--count", "200000"];
const TICKS = {
  producers: PRODUCERS,
  size: 100,
  count: 50,
  intervalMs: 100,
  stop: new AbortController().signal,
} as const;

interface Flooded {
  readonly stored: number;
  readonly dropped: number | null;
  readonly linesPerSecond: number;
  /** Of the aggregator. */
  readonly cpuSecondsPerMillion: number;
}

/**
 * Floods one aggregator from five producers. The time is that of the slowest producer, which waits for the aggregator
 * at its end.
 */
async function flood(transport: TransportName): Promise<Flooded> {
  const directory = mkdtempSync(join(tmpdir(), "bench-transports-"));
  const endpoint = temporaryAddress(transport, directory);
  const words = [endpoint, "-o", join(directory, "out.jsonl"), "--no-status", "--log-level", "error", ...options];
  const aggregator = spawn(process.execPath, [program("aggregator"), ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(aggregator, "exit");
  try {
    const events = createInterface({ input: aggregator.stdout })[Symbol.asyncIterator]();
    const target = `${transport}=${(await nextEvent(events))["address"]}`;
    const reports = await Promise.all(
      Array.from({ length: PRODUCERS }, () => run(process.execPath, [program("producer"), target, ...FLOOD])),
    );
    const seconds = Math.max(...reports.map(({ stdout }) => Number(JSON.parse(stdout)["seconds"])));
    const cpu = cpuSeconds(aggregator.pid ?? 0);
    aggregator.kill("SIGTERM");
    const closed = await nextEvent(events);
    const stored = Number(closed["stored"]);
    const dropped = closed["kernelDrops"] === null ? null : Number(closed["kernelDrops"]);
    return { stored, dropped, linesPerSecond: stored / seconds, cpuSecondsPerMillion: (cpu * 1e6) / stored };
  } finally {
    aggregator.kill("SIGTERM");
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

async function nextEvent(events: AsyncIterator<string>): Promise<Record<string, unknown>> {
  const { value, done } = await events.next();
  if (done === true) throw new Error("the aggregator ended early");
  return JSON.parse(String(value)) as Record<string, unknown>;
}

const { values, positionals: options } = parseArgs({
  options: { rounds: { type: "string", default: "3" } },
  allowPositionals: true, // after --: options for the aggregator
});

const floods = new Map(TRANSPORT_NAMES.map((name) => [name, [] as Flooded[]]));
const ticks = new Map(TRANSPORT_NAMES.map((name) => [name, [] as TrialResult[]]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const transport of TRANSPORT_NAMES) {
    floods.get(transport)?.push(await flood(transport));
    ticks.get(transport)?.push(await runTrial({ transport, ...TICKS }));
  }
}

function row(title: string, cell: (flooded: readonly Flooded[], ticked: readonly TrialResult[]) => string): void {
  const cells = TRANSPORT_NAMES.map((name) => cell(floods.get(name) ?? [], ticks.get(name) ?? []));
  process.stdout.write(`| ${[title, ...cells].join(" | ")} |\n`);
}

const rounded = (number: number): string => Math.round(number).toLocaleString("en");

row("5 × 200,000 lines at full speed: stored", (all) => {
  const stored = rounded(median(all.map((one) => one.stored)));
  const dropped = median(all.map((one) => one.dropped ?? Number.NaN));
  return dropped === 0 ? stored : `${stored} + ${rounded(dropped)} dropped`;
});
row("the same: lines/s", (all) => rounded(median(all.map((one) => one.linesPerSecond))));
row("the same: CPU seconds per million lines", (all) => median(all.map((one) => one.cpuSecondsPerMillion)).toFixed(2));
row("5 × 10 lines/s: send to visible in the file, p50 / p99, ms", (_, all) =>
  [median(all.map((one) => one.latencyP50Ms ?? Number.NaN)), median(all.map((one) => one.latencyP99Ms ?? Number.NaN))]
    .map((ms) => ms.toFixed(2))
    .join(" / "),
);
