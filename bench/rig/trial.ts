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
import type { TransportName } from "../../src/core/transport-name.ts";
import type { Contestant, Place } from "./contestants.ts";
import type { NativeTools } from "./native-tools.ts";
import { cpuBusySeconds, cpuSeconds, processTree, residentBytes } from "./process-tree.ts";
import { untilReady } from "./readiness.ts";
import { verifyLines } from "./verified-lines.ts";

/** What the load generator does in one trial. */
export interface Load {
  readonly transport: TransportName;
  readonly senders: number;
  /** Of all senders together. */
  readonly lines: number;
  readonly lineBytes: number;
  /** Streams only. */
  readonly linesPerWrite: number;
  /** Of all senders together; 0 floods. */
  readonly linesPerSecond: number;
  readonly receiveBufferBytes?: number;
  /** Take the age of lines when they can be read in the file. */
  readonly latency?: boolean;
  /** Put so much into the file beforehand (sparse). */
  readonly fileBytes?: number;
}

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
  /** Cores that anything but receiver, generator and this program kept busy meanwhile. */
  readonly otherCores: number;
}

const PORT = "19617";
const LOOK_MS = 5;
/** The receiver is done when its file hasn't grown for so long after the last send. */
const QUIET_MS = 1500;
/** A receiver that is slow gets fewer lines. */
const SECONDS_MAX = 12;

/** Starts a receiver, loads it, and takes account: rate, processor time, memory, and every single line. */
export async function runTrial(contestant: Contestant, load: Load, tools: NativeTools): Promise<TrialResult> {
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  const place: Place = {
    transport: load.transport,
    address: load.transport === "tcp" || load.transport === "udp" ? PORT : join(directory, "in"),
    output: join(directory, "out.jsonl"),
    directory,
    receiveBufferBytes: load.receiveBufferBytes,
  };
  let receiver: ChildProcess | undefined;
  try {
    if (load.transport === "fifo" && contestant.wantsFifo) spawnSync("mkfifo", [place.address]);
    if (contestant.name === "s6-log") mkdirSync(join(directory, "s6"));
    if (load.fileBytes !== undefined && load.fileBytes > 0) fillFile(place.output, load.fileBytes);
    const [program = "", ...words] = contestant.command(place);
    receiver = spawn(program, words, { stdio: "ignore" });
    if (receiver.pid === undefined) throw new Error(`${program} can't be started`);
    await untilReady(receiver.pid, place);
    return await measure(receiver, place, load, tools);
  } finally {
    if (receiver !== undefined) await stop(receiver);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A hole of that size that ends in LF, or the aggregator would look for the beginning of an unfinished line. */
function fillFile(path: string, bytes: number): void {
  const fd = openSync(path, "w");
  writeSync(fd, "\n", bytes - 1);
  closeSync(fd);
}

async function measure(receiver: ChildProcess, place: Place, load: Load, tools: NativeTools): Promise<TrialResult> {
  const pid = receiver.pid ?? 0;
  const outputs = (): string[] => outputFiles(place);
  const watcher = load.latency === true ? await watchLatency(place.output, load.lines, tools) : undefined;
  const before = { cpu: cpuSeconds(pid), busy: cpuBusySeconds(), own: process.cpuUsage(), at: performance.now() };
  const memory = new MemoryPeak(pid);
  const generator = await generate(place, load, tools, () => memory.look());
  const wanted = (load.fileBytes ?? 0) + generator.sent * load.lineBytes;
  await untilWritten(outputs, wanted, () => memory.look());
  const cpu = cpuSeconds(pid) - before.cpu;
  const own = process.cpuUsage(before.own);
  const busy = cpuBusySeconds() - before.busy - cpu - generator.cpuSeconds - (own.user + own.system) / 1e6;
  const otherCores = Math.max(0, (1000 * busy) / (performance.now() - before.at));
  const ages = await watcher?.();
  await stop(receiver);
  const files = outputs();
  const doneMs = Math.max(generator.lastMs, ...files.map((path) => statSync(path).mtimeMs));
  // What lay in the file beforehand is a hole: it has no lines, so it isn't read.
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

/** The file that was asked for; s6-log writes a directory of its own instead. */
function outputFiles({ output, directory }: Place): string[] {
  const own = join(directory, "s6");
  if (!existsSync(own)) return existsSync(output) ? [output] : [];
  const names = readdirSync(own).filter((name) => name === "current" || name.startsWith("@"));
  return names.map((name) => join(own, name)); // "@" and a time: older ones, in order, before "current"
}

function totalBytes(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}

interface Generated {
  readonly sent: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly cpuSeconds: number;
}

async function generate(place: Place, load: Load, tools: NativeTools, look: () => void): Promise<Generated> {
  const perSender = Math.floor(load.lines / load.senders);
  const numbers = [load.senders, perSender, load.lineBytes, load.linesPerWrite, load.linesPerSecond, SECONDS_MAX];
  const looks = setInterval(look, 10 * LOOK_MS);
  try {
    return JSON.parse(
      await outputOf(tools.loadGenerator, [place.transport, place.address, ...numbers.map(String)]),
    ) as Generated;
  } finally {
    clearInterval(looks);
  }
}

async function watchLatency(
  path: string,
  lines: number,
  tools: NativeTools,
): Promise<() => Promise<{ p50Ms: number; p99Ms: number }>> {
  const child = spawn(tools.fileLatency, [path, String(lines), String(SECONDS_MAX)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const answer = textOf(child);
  await once(child.stderr, "data");
  return async () => JSON.parse(await answer) as { p50Ms: number; p99Ms: number };
}

async function outputOf(program: string, words: readonly string[]): Promise<string> {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  const text = await textOf(child);
  if (text === "") throw new Error(`${program} ended with ${child.exitCode ?? child.signalCode}`);
  return text;
}

async function textOf(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (data: Buffer) => {
    text += data.toString();
  });
  await once(child, "close");
  return text;
}

/** Resolves when the file is as large as wanted, or has stopped growing. */
async function untilWritten(outputs: () => string[], wanted: number, look: () => void): Promise<void> {
  let size = -1;
  let grown = performance.now();
  for (;;) {
    const now = totalBytes(outputs());
    if (now >= wanted) return;
    if (now !== size) grown = performance.now();
    if (performance.now() - grown > QUIET_MS) return;
    size = now;
    look();
    await pause(LOOK_MS);
  }
}

class MemoryPeak {
  bytes = 0;
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
  }

  look(): void {
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
