import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { projectFile } from "../../src/os/project-file.ts";

/** pino with no destination, with its own file, with pino-socket, and with this project's. */
export const CONTESTANTS = ["alone", "file", "pino-socket", "destination", "acked", "worker"] as const;
export type Contestant = (typeof CONTESTANTS)[number];

/** What bench/pino/load.mjs is to do. */
export interface Load {
  readonly lines: number;
  /** Either so many lines in each iteration of the event loop, or so many per second. */
  readonly perIteration?: number;
  readonly perSecond?: number;
  /** Logs all lines in one iteration, and ends so. */
  readonly end?: "exit" | "throw" | "SIGTERM" | "SIGKILL";
}

/** What load.mjs prints. */
export interface Measured {
  readonly linesPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUsPerLine: number;
  readonly rssMiB: number;
}

export interface Result {
  readonly measured: Measured | undefined;
  /** Lines that are not in the file. */
  readonly lost: number;
  /** Lines that are in it more than once. */
  readonly doubled: number;
}

/** An aggregator, or a file, and one program that logs to it. */
export class Trial {
  readonly #folder = mkdtempSync(join(tmpdir(), "log-pino-"));
  readonly #path = join(this.#folder, "s");
  readonly #output = join(this.#folder, "out.jsonl");
  #aggregator: ChildProcess | undefined;

  async start(): Promise<void> {
    const args = [
      projectFile("dist/bin/aggregator.js"),
      `unixsock=${this.#path}`,
      "-o",
      this.#output,
      "--log-level",
      "error",
    ];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#aggregator = child;
    for await (const line of createInterface({ input: child.stdout })) if (line.includes("listening")) break;
    child.stdout.resume();
  }

  signal(name: NodeJS.Signals): void {
    this.#aggregator?.kill(name);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#aggregator;
    if (child === undefined) return;
    const ended = once(child, "close");
    child.kill(signal);
    await ended;
    this.#aggregator = undefined;
  }

  /** Runs the program to its end. @param meanwhile runs beside it */
  async run(contestant: Contestant, load: Load, meanwhile: () => Promise<void> = async () => {}): Promise<Result> {
    const isFile = contestant === "file";
    if (!isFile && contestant !== "alone") await this.start();
    const settings = { contestant, path: this.#path, file: this.#output, ...load };
    const args = [projectFile("bench/pino/load.mjs"), JSON.stringify(settings)];
    const child = spawn(process.execPath, args, { cwd: projectFile("."), stdio: ["pipe", "pipe", "ignore"] });
    let printed = "";
    child.stdout.on("data", (text) => (printed += text));
    await Promise.all([once(child, "close"), meanwhile()]);
    await this.stop();
    const result = { measured: printed === "" ? undefined : JSON.parse(printed), ...this.#judge(contestant, load) };
    rmSync(this.#folder, { recursive: true });
    return result;
  }

  #judge(contestant: Contestant, { lines }: Load): { lost: number; doubled: number } {
    if (contestant === "alone") return { lost: 0, doubled: 0 };
    const times = new Map<number, number>();
    for (const line of readFileSync(this.#output, "utf8").split("\n").slice(0, -1)) {
      const { n } = JSON.parse(line);
      if (typeof n === "number") times.set(n, (times.get(n) ?? 0) + 1);
    }
    const doubled = [...times.values()].reduce((sum, count) => sum + count - 1, 0);
    return { lost: lines - times.size, doubled };
  }
}
