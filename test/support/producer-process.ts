import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setImmediate as nextIteration, setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { waitsToWrite } from "./proc.ts";

/** The built command. */
export const PRODUCER: string = fileURLToPath(new URL("../../dist/bin/producer.js", import.meta.url));

const CHECK_MS = 5;

/** The producer's last line on stdout. */
export interface Summary {
  readonly event: "done";
  readonly transport: string;
  readonly address: string;
  readonly producer: string;
  readonly run: string;
  /** Its lines carry producer, run and seq. */
  readonly numbered: boolean;
  readonly sent: number;
  readonly unsent: {
    readonly tooLong: number;
    readonly refused: number;
    readonly broken: number;
    readonly inDoubt: number;
  };
  readonly late: number;
  readonly seconds: number;
  readonly waitedSeconds: number;
  readonly timetable: Readonly<Record<"startedAtNs" | "intervalMs" | "linesPerTick", number>> | null;
}

export interface Finished {
  /** As a shell would give it: 128 + n for signal n. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built producer, running. Ended with its test at the latest. */
export class ProducerProcess {
  readonly finished: Promise<Finished>;
  readonly #child: ChildProcess;
  readonly #diagnostics: string[] = [];
  #watch: (() => void) | undefined;

  constructor(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
    const child = spawn(process.execPath, [PRODUCER, ...args], { stdio: ["pipe", "pipe", "pipe"], ...options });
    this.#child = child;
    onTestFinished(() => void child.kill("SIGKILL"));
    child.stdin.on("error", () => {});
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    createInterface(child.stderr).on("line", (line) => {
      this.#diagnostics.push(line);
      this.#watch?.();
    });
    this.finished = once(child, "close").then(([status]) => ({
      status,
      stdout,
      stderr: this.#diagnostics.join("\n"),
    }));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdin(): Writable {
    if (this.#child.stdin === null) throw new Error("stdin is a pipe");
    return this.#child.stdin;
  }

  /** To be paused or destroyed; otherwise it is read to its end. */
  get stdout(): Readable {
    if (this.#child.stdout === null) throw new Error("stdout is a pipe");
    return this.#child.stdout;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Suspends it; resolves when it has stopped. SIGCONT continues it. */
  async suspend(): Promise<void> {
    this.kill("SIGSTOP");
    while (this.#stat()[0] !== "T") await nextIteration();
  }

  /** Resolves once it waits until its receiver reads something. */
  async blocked(): Promise<void> {
    while (!waitsToWrite(this.pid)) await pause(CHECK_MS);
  }

  /** Resolves with the first diagnostic, past or to come, that contains the text. */
  async diagnostic(text: string): Promise<string> {
    for (;;) {
      const found = this.#diagnostics.find((line) => line.includes(text));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#watch = resolve;
      });
    }
  }

  /** The fields of proc(5)'s stat from the state on. */
  #stat(): string[] {
    return readFileSync(`/proc/${this.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  }
}

/** Runs the producer to its end, with that standard input. */
export function runProducer(args: readonly string[], input: string | Buffer = ""): Promise<Finished> {
  const producer = new ProducerProcess(args);
  producer.stdin.end(input);
  return producer.finished;
}

/** @throws Error when the last line on stdout is no summary */
export function summaryOf(finished: Finished): Summary {
  const last = finished.stdout.trimEnd().split("\n").at(-1) ?? "";
  if (!last.startsWith('{"event":"done"')) throw new Error(`no summary: ${finished.stdout}\n${finished.stderr}`);
  return JSON.parse(last);
}
