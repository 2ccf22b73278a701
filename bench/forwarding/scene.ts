import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, linkSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { NatsProcess } from "../../test/support/nats/nats-process.ts";
import { NATS } from "../../test/support/nats/nats-programs.ts";

/** As a producer's lines are, with their LF. */
const LINE_BYTES = 200;
export const STREAM = "LOGS";
export const SUBJECT = "logs.bench";
const MiB = 1024 * 1024;
/** Of /proc/PID/stat, on every Linux (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** A server in a folder of its own, in which logs are too. Removed at the end. */
export class Scene implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), "bench-forwarder-"));
  readonly server: NatsProcess = new NatsProcess({ directory: this.directory });
  #logs = 0;

  static async start(): Promise<Scene> {
    const scene = new Scene();
    await scene.server.start();
    return scene;
  }

  get version(): string {
    return NATS?.version ?? "none";
  }

  /** An empty stream. */
  async newStream(): Promise<void> {
    await this.server.ask((manager) => manager.streams.delete(STREAM).catch(() => false));
    await this.server.createStream(STREAM);
  }

  /** The number of its last message. */
  lastSequence(): Promise<number> {
    return this.server.ask(async (manager) => (await manager.streams.info(STREAM)).state.last_seq);
  }

  /** A name for a log that isn't there yet. */
  newLog(): string {
    return join(this.directory, `app${this.#logs++}.jsonl`);
  }

  /** A log of whole lines. @returns its path */
  log(bytes: number): string {
    const path = this.newLog();
    const fd = openSync(path, "w");
    const part = lines(0, Math.floor(MiB / LINE_BYTES));
    for (let written = 0; written < bytes; ) written += writeSync(fd, part);
    closeSync(fd);
    return path;
  }

  /** Another name of a log, which has no checkpoint. */
  linkTo(log: string): string {
    const path = this.newLog();
    linkSync(log, path);
    return path;
  }

  /** What starts a forwarder of a log. */
  forwarder(path: string, ...more: string[]): string[] {
    return [path, "--to", this.server.url, "--stream", STREAM, "--host", "bench", ...more];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Numbered lines. */
export function lines(from: number, count: number): Buffer {
  const line = (_: unknown, n: number): string => {
    const head = `{"n":${from + n},"message":"`;
    return `${head}${"x".repeat(LINE_BYTES - head.length - 3)}"}\n`;
  };
  return Buffer.from(Array.from({ length: count }, line).join(""));
}

/** Starts a built command. */
export function start(name: "aggregator" | "producer" | "forwarder", args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(`../../dist/bin/${name}.js`, import.meta.url));
  return spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

/** The first event of that name that a program prints; the others are read on and dropped. */
export function event(program: ChildProcess, name: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    if (program.stdout === null) throw new Error("no stdout");
    const reader = createInterface({ input: program.stdout });
    reader.on("line", (line) => {
      const printed: Record<string, unknown> = JSON.parse(line);
      if (printed["event"] === name) resolve(printed);
    });
    reader.once("close", () => reject(new Error(`it ended without "${name}"`)));
  });
}

export async function end(program: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => program.once("close", resolve));
  program.kill("SIGTERM");
  await closed;
}

/** Processor time of a process so far, user and system, seconds. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** A field of /proc/PID/status in MB: VmHWM, the most that was resident, or VmRSS. */
export function memoryMb(pid: number, field: "VmHWM" | "VmRSS"): number {
  const text = readFileSync(`/proc/${pid}/status`, "latin1");
  return (Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(text)?.[1]) * 1024) / 1e6;
}
