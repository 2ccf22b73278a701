import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import type { Endpoint } from "../../src/core/endpoint.ts";
import { builtProgram } from "./built-program.ts";

/** A listener of a registered transport in another process, started in two steps so that several can start at once. */
export class ListenerProcess {
  readonly pid: number;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** Resolves when it is ready for listen(). */
  static async prepare(endpoint: Endpoint): Promise<ListenerProcess> {
    const child = spawn(process.execPath, [builtProgram("listener-program"), JSON.stringify(endpoint)]);
    onTestFinished(() => void child.kill("SIGKILL"));
    child.stderr.pipe(process.stderr);
    const program = new ListenerProcess(child);
    await program.#said("ready");
    return program;
  }

  /** Makes it listen. @returns "listening" or an error's code */
  async listen(): Promise<string> {
    this.#child.stdin.write("go\n");
    return this.#next();
  }

  /** Ends it as a crash would; its path stays. */
  async kill(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  async #said(word: string): Promise<void> {
    const line = await this.#next();
    if (line !== word) throw new Error(`expected ${word}, not ${line}`);
  }

  async #next(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("the listener program ended");
    return value;
  }
}
