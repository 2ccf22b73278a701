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
import { FileGrowth } from "../../src/lab/cell/file-growth.ts";
import { histogramPercentile } from "../../src/lab/statistics/histogram.ts";
import { machineUse, type ProcessUse, processTree, treeUses } from "../../src/os/process-tree.ts";
import { udpQueues } from "../../src/os/socket-queues.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import type { Contestant, Place } from "./contestants.ts";
import { type Generated, generate, type Load, type LoadedPlace } from "./generator.ts";
import { lineAges } from "./line-ages.ts";
import type { NativeTools } from "./native-tools.ts";
import { untilReady } from "./readiness.ts";
import { verifyLines } from "./verified-lines.ts";

export interface TrialResult {
  readonly sent: number;
  readonly stored: number;
  readonly lost: number;
  /** Of the lost: dropped by the receive buffer of udp; null on other transports. */
  readonly dropped: number | null;
  readonly torn: number;
  readonly duplicate: number;
  readonly outOfOrder: number;
  readonly linesPerSecond: number;
  /** Of the receiver's whole process tree, per million lines sent. */
  readonly cpuSecondsPerMillion: number;
  /** The most that its processes had, each at its time. */
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
    // FileGrowth follows a file that is there.
    if (load.latency === true) closeSync(openSync(place.output, "a"));
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
  const { place, load } = loaded;
  const pid = receiver.pid ?? 0;
  const growth = load.latency === true ? new FileGrowth(place.output) : undefined;
  const use = new TreeUse(pid);
  const before = { busy: machineUse().busySeconds, own: process.cpuUsage(), at: performance.now() };
  const generator = await generate(loaded, () => use.sample());
  const wanted = (load.fileBytes ?? 0) + generator.sent * load.lineBytes;
  await untilWritten(
    () => outputFiles(place),
    wanted,
    () => use.sample(),
  );
  const cpu = use.sample();
  const own = process.cpuUsage(before.own);
  const busy = machineUse().busySeconds - before.busy - cpu - generator.cpuSeconds - (own.user + own.system) / 1e6;
  const otherCores = Math.max(0, (1000 * busy) / (performance.now() - before.at));
  const dropped = place.transport === "udp" ? (udpQueues(Number(PORT))?.drops ?? null) : null;
  await stop(receiver);
  growth?.look();
  const ages = growth && lineAges(place.output, load.lineBytes, growth);
  growth?.close();
  return {
    ...counts(loaded, generator),
    dropped,
    cpuSecondsPerMillion: (cpu * 1e6) / generator.sent,
    residentMegabytes: use.peakBytes / 1e6,
    p50Ms: ages === undefined ? null : (histogramPercentile(ages, 0.5) ?? 0) / 1e6,
    p99Ms: ages === undefined ? null : (histogramPercentile(ages, 0.99) ?? 0) / 1e6,
    otherCores,
  };
}

type Counts = Pick<TrialResult, "sent" | "stored" | "lost" | "torn" | "duplicate" | "outOfOrder" | "linesPerSecond">;

/** Compares the receiver's files with what was sent. */
function counts({ place, load }: LoadedPlace, { sent, firstMs, lastMs }: Generated): Counts {
  const files = outputFiles(place);
  const doneMs = Math.max(lastMs, ...files.map((path) => statSync(path).mtimeMs));
  // What was in the file beforehand is a hole without lines, so it isn't read.
  const lines = load.fileBytes === undefined ? verifyLines(files, load.lineBytes) : undefined;
  const stored = lines?.whole ?? (totalBytes(files) - (load.fileBytes ?? 0)) / load.lineBytes;
  return {
    sent,
    stored,
    lost: sent - stored,
    torn: lines?.torn ?? 0,
    duplicate: lines?.duplicate ?? 0,
    outOfOrder: lines?.outOfOrder ?? 0,
    linesPerSecond: (1000 * stored) / (doneMs - firstMs),
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

/** Looks at a receiver's processes from time to time: what a child of it used is known while it runs. */
class TreeUse {
  peakBytes = 0;
  readonly #pid: number;
  readonly #before: ProcessUse | undefined;

  constructor(pid: number) {
    this.#pid = pid;
    this.#before = treeUses([pid]).get(pid);
  }

  /** @returns processor seconds since the beginning */
  sample(): number {
    const now = treeUses([this.#pid]).get(this.#pid);
    if (now === undefined || this.#before === undefined) throw new Error("the receiver has ended");
    this.peakBytes = Math.max(this.peakBytes, now.peakResidentBytes);
    return now.cpuSeconds - this.#before.cpuSeconds;
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
