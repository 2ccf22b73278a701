import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const IPC_LAB = fileURLToPath(new URL("../../dist/bin/ipc-lab.js", import.meta.url));

export interface Verified {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of stdout. */
  readonly lines: readonly string[];
}

/** Runs the built `ipc-lab verify`. With `heapMB` V8 ends it when it keeps more than that. */
export function runVerify(args: readonly string[], heapMB?: number): Promise<Verified> {
  return startVerify(args, heapMB).ended;
}

/** The same, with the process's id while it runs. */
export function startVerify(args: readonly string[], heapMB?: number): { pid: number; ended: Promise<Verified> } {
  return startLab(["verify", ...args], heapMB);
}

/** Runs the built `ipc-lab` with any subcommand. */
export function runLab(args: readonly string[]): Promise<Verified> {
  return startLab(args).ended;
}

function startLab(args: readonly string[], heapMB?: number): { pid: number; ended: Promise<Verified> } {
  const nodeArgs = heapMB === undefined ? [] : [`--max-old-space-size=${heapMB}`];
  const child = spawn(process.execPath, [...nodeArgs, IPC_LAB, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { pid: child.pid ?? 0, ended: outcomeOf(child) };
}

async function outcomeOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Verified> {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const [status] = await once(child, "close");
  return { status, stdout, stderr, lines: stdout.trimEnd().split("\n") };
}
