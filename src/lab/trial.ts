import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { temporaryAddress } from "../addresses/temporary-address.ts";
import { PROGRAM_STOP_MS_MAX } from "../core/limits.ts";
import type { TransportName } from "../core/transport-name.ts";
import { OwnProgram, type ProgramEvent } from "../os/own-program.ts";
import { LatencyFollower } from "./follow.ts";
import { percentile } from "./percentile.ts";
import type { RunVerdict } from "./run-verdict.ts";
import { verify } from "./verify.ts";

export interface TrialOptions {
  readonly transport: TransportName;
  readonly producers: number;
  /** Message bytes. */
  readonly size: number;
  /** Lines of each producer. */
  readonly count: number;
  readonly intervalMs: number;
  /** Ends the trial early. */
  readonly stop: AbortSignal;
}

/** The result of one trial over one transport, from the file itself and from the reports of both ends. */
export interface TrialResult {
  readonly transport: TransportName;
  readonly sent: number;
  /** Distinct lines in the file. */
  readonly stored: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly reordered: number;
  /** Lines in the file that were not written by a producer of the trial. */
  readonly foreign: number;
  /** From the first producer's start until the last one's end. */
  readonly seconds: number;
  /** From sending until visible in the file. */
  readonly latencyP50Ms: number | null;
  readonly latencyP99Ms: number | null;
  /** From the aggregator's ledger: received - stored - every named class. */
  readonly residue: number;
}

/**
 * Runs an aggregator and its producers over one transport, in a directory of their own, and then reads the file. The programs
 * always end, and the directory is always removed.
 *
 * @throws the reason of `stop` when it aborts
 */
export async function runTrial(options: TrialOptions): Promise<TrialResult> {
  const { stop } = options;
  stop.throwIfAborted();
  const directory = mkdtempSync(join(tmpdir(), "ipc-lab-"));
  const running: OwnProgram[] = [];
  // The observation ends with what it observes.
  const interrupt = (): void => signalAll(running, "SIGTERM");
  stop.addEventListener("abort", interrupt, { once: true });
  try {
    return await observe(options, directory, running);
  } catch (error) {
    stop.throwIfAborted();
    throw error;
  } finally {
    stop.removeEventListener("abort", interrupt);
    await endAll(running);
    rmSync(directory, { recursive: true });
  }
}

function signalAll(programs: readonly OwnProgram[], signal: NodeJS.Signals): void {
  for (const program of programs) program.kill(signal);
}

async function endAll(programs: readonly OwnProgram[]): Promise<void> {
  signalAll(programs, "SIGTERM");
  const patience = setTimeout(() => signalAll(programs, "SIGKILL"), PROGRAM_STOP_MS_MAX);
  await Promise.allSettled(programs.map((program) => program.ended));
  clearTimeout(patience);
}

async function observe(options: TrialOptions, directory: string, running: OwnProgram[]): Promise<TrialResult> {
  const output = join(directory, "aggregated_logs.jsonl");
  const endpoint = temporaryAddress(options.transport, directory);
  const aggregator = new OwnProgram("aggregator", [endpoint, "-o", output, "--log-level", "warn", "--no-status"]);
  running.push(aggregator);
  const listening = await aggregator.event("listening");
  const follower = new LatencyFollower(output);
  try {
    const started = performance.now();
    const reports = await produce(options, String(listening["address"]), running);
    const seconds = (performance.now() - started) / 1000;
    aggregator.kill("SIGTERM");
    const ledger = await aggregator.event("closed");
    follower.read();
    return { ...(await readBack({ output, options, reports, follower })), seconds, residue: Number(ledger["residue"]) };
  } finally {
    follower.close();
  }
}

async function produce(options: TrialOptions, to: string, running: OwnProgram[]): Promise<ProgramEvent[]> {
  options.stop.throwIfAborted();
  const { transport, producers, size, count, intervalMs } = options;
  const args = [`${transport}=${to}`, String(size), "--count", String(count), "--interval", `${intervalMs}ms`];
  const started = Array.from({ length: producers }, () => new OwnProgram("producer", [...args, "--log-level", "warn"]));
  running.push(...started);
  return Promise.all(started.map((producer) => producer.event("done")));
}

interface Observation {
  readonly output: string;
  readonly options: TrialOptions;
  readonly reports: readonly ProgramEvent[];
  readonly follower: LatencyFollower;
}

async function readBack(observation: Observation): Promise<Omit<TrialResult, "seconds" | "residue">> {
  const { output, options, reports, follower } = observation;
  const { runs, foreign, invalid } = await verify([output]);
  const total = (read: (run: RunVerdict) => number): number => runs.reduce((sum, run) => sum + read(run), 0);
  const sent = reports.reduce((sum, report) => sum + Number(report["sent"]), 0);
  const stored = total((run) => run.lines);
  const latencies = follower.latenciesNs.sort((a, b) => a - b);
  return {
    transport: options.transport,
    sent,
    stored,
    lost: sent - stored,
    duplicates: total((run) => run.duplicates),
    reordered: total((run) => run.reordered),
    foreign: foreign + invalid,
    latencyP50Ms: milliseconds(percentile(latencies, 0.5)),
    latencyP99Ms: milliseconds(percentile(latencies, 0.99)),
  };
}

function milliseconds(ns: number | undefined): number | null {
  return ns === undefined ? null : ns / 1e6;
}
