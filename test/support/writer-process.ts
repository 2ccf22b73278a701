import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import type { Endpoint } from "../../src/core/endpoint.ts";
import { builtProgram } from "./built-program.ts";

/** What the kernel accepted of a sender's writes, and the error of the last one. */
export interface Written {
  readonly bytes: number;
  readonly errno: string;
}

/**
 * Starts a sender in another process that writes until the kernel refuses. Resolves when it writes; `written` resolves
 * when it has ended.
 *
 * @param perNap how many writes of a kilobyte come between two sleeps of a millisecond; Infinity for no sleep
 */
export async function startWriter(
  endpoint: Endpoint,
  boundary: "stream" | "message",
  perNap: number = Number.POSITIVE_INFINITY,
): Promise<{ readonly written: Promise<Written> }> {
  const args = [builtProgram("writer-program"), JSON.stringify(endpoint), boundary, String(perNap)];
  const child = spawn(process.execPath, args);
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stderr.pipe(process.stderr);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the writer ended");
    return value;
  };
  await next();
  return { written: next().then((line) => JSON.parse(line)) };
}
