import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { hasPath, type TransportName } from "../../src/core/transport-name.ts";
import { cpuSeconds, machineUse, processTree, residentBytes } from "../../src/os/process-tree.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import type { Contestant, Place } from "./contestants.ts";
import { generate, type Load, type LoadedPlace, watchLatency } from "./generator.ts";
import type { NativeTools } from "./native-tools.ts";
import { untilReady } from "./readiness.ts";
import { verifyLines } from "./verified-lines.ts";

export interface TrialResult {
  readonly sent: number;
  readonly stored: number;
  readonly lost: number;
  readonly torn: number;
  readonly duplicate: number;
  readonly outOfOrder: number;
  readonly linesPerSecond: number;
  /** Of the receiver's whole process tree, per million lines sent. */
  readonly cpuSecondsPerMillion: number;
  readonly residentMegabytes: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Cores that were kept busy meanwhile by anything but receiver, generator and this program. */
  readonly otherCores: number;
}

const PORT = "19617";
const SAMPLE_MS = 5;
/** The receiver is done when its file hasn't grown for this long after the last send. */
const QUIET_MS = 1500;

/** Starts a receiver, loads it, and measures rate, processor time and memory; verifies every line. */
export async function runTrial(contestant: Contestant, load: Load, tools: NativeTools): Promise<TrialResult> {
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  const place: Place = {
    transport: load.transport,
    address: hasPath(load.transport) ? join(directory, "in") : PORT,
    output: join(directory, "out.jsonl"),
    directory,
    receiveBufferBytes: load.receiveBufferBytes,
  };
  let receiver: ChildProcess | undefined;
  try {
    if (contestant.wantsFifo && isFifo(load.transport)) spawnSync("mkfifo", [place.address]);
    if (contestant.name === "s6-log") mkdirSync(join(directory, "s6"));
    if (load.fileBytes !== undefined && load.fileBytes > 0) fillFile(place.output, load.fileBytes);
    const [program = "", ...words] = contestant.command(place);
    receiver = spawn(program, words, { stdio: "ignore" });
    if (receiver.pid === undefined) throw new Error(`${program} can't be started`);
    await untilReady(receiver.pid, place);
    return await measure(receiver, { place, load, tools });
  } finally {
    if (receiver !== undefined) await stop(receiver);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Of the transports with paths, only a FIFO is one stream that all senders share. */
function isFifo(transport: TransportName): boolean {
  const { boundary, channel } = REGISTRY[transport].traits;
  return hasPath(transport) && boundary === "stream" && channel === "shared";
}

/**
 * Makes a sparse file that ends in LF; otherwise the aggregator would search it for the beginning of an unfinished
 * line.
 */
function fillFile(path: string, bytes: number): void {
  const fd = openSync(path, "w");
  writeSync(fd, "\n", bytes - 1);
  closeSync(fd);
}

async function measure(receiver: ChildProcess, loaded: LoadedPlace): Promise<TrialResult> {
  const { place, load, tools } = loaded;
  const pid = receiver.pid ?? 0;
  const outputs = (): string[] => outputFiles(place);
  const watcher = load.latency === true ? await watchLatency(place.output, load.lines, tools) : undefined;
  const before = {
    cpu: cpuSeconds(pid),
    busy: machineUse().busySeconds,
    own: process.cpuUsage(),
    at: performance.now(),
  };
  const memory = new MemoryPeak(pid);
  const generator = await generate(loaded, () => memory.sample());
  const wanted = (load.fileBytes ?? 0) + generator.sent * load.lineBytes;
  await untilWritten(outputs, wanted, () => memory.sample());
  const cpu = cpuSeconds(pid) - before.cpu;
  const own = process.cpuUsage(before.own);
  const busy = machineUse().busySeconds - before.busy - cpu - generator.cpuSeconds - (own.user + own.system) / 1e6;
  const otherCores = Math.max(0, (1000 * busy) / (performance.now() - before.at));
  const ages = await watcher?.();
  await stop(receiver);
  const files = outputs();
  const doneMs = Math.max(generator.lastMs, ...files.map((path) => statSync(path).mtimeMs));
  // What was in the file beforehand is a hole without lines, so it isn't read.
  const lines = load.fileBytes === undefined ? verifyLines(files, load.lineBytes) : undefined;
  const stored = lines?.whole ?? (totalBytes(files) - (load.fileBytes ?? 0)) / load.lineBytes;
  return {
    sent: generator.sent,
    stored,
    lost: generator.sent - stored,
    torn: lines?.torn ?? 0,
    duplicate: lines?.duplicate ?? 0,
    outOfOrder: lines?.outOfOrder ?? 0,
    linesPerSecond: (1000 * stored) / (doneMs - generator.firstMs),
    cpuSecondsPerMillion: (cpu * 1e6) / generator.sent,
    residentMegabytes: memory.bytes / 1e6,
    p50Ms: ages?.p50Ms ?? null,
    p99Ms: ages?.p99Ms ?? null,
    otherCores,
  };
}

/** The output file; of s6-log, the files in the directory that it writes instead. */
function outputFiles({ output, directory }: Place): string[] {
  const own = join(directory, "s6");
  if (!existsSync(own)) return existsSync(output) ? [output] : [];
  const names = readdirSync(own).filter((name) => name === "current" || name.startsWith("@"));
  return names.map((name) => join(own, name)); // "@" and a time: older ones, in order, before "current"
}

function totalBytes(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** Resolves when the file is as large as wanted, or has stopped growing. */
async function untilWritten(outputs: () => string[], wanted: number, sample: () => void): Promise<void> {
  let size = -1;
  let grown = performance.now();
  for (;;) {
    const now = totalBytes(outputs());
    if (now >= wanted) return;
    if (now !== size) grown = performance.now();
    if (performance.now() - grown > QUIET_MS) return;
    size = now;
    sample();
    await pause(SAMPLE_MS);
  }
}

class MemoryPeak {
  bytes = 0;
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
  }

  sample(): void {
    this.bytes = Math.max(this.bytes, residentBytes(this.#pid));
  }
}

async function stop(receiver: ChildProcess): Promise<void> {
  if (receiver.exitCode !== null || receiver.signalCode !== null || receiver.pid === undefined) return;
  const tree = processTree(receiver.pid);
  const ended = once(receiver, "exit");
  receiver.kill("SIGTERM");
  const stubborn = setTimeout(() => {
    for (const pid of tree) kill(pid);
  }, 4000);
  await ended;
  clearTimeout(stubborn);
  // A program that forks (socat) may leave children behind.
  for (const pid of processTree(receiver.pid).slice(1)) kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone by itself
  }
}
