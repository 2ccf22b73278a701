import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const PROGRAM = fileURLToPath(new URL("python/receive_all.py", import.meta.url));

/** Whose program it is; by default this process's user's. */
export interface ReceiverUsers {
  /** Makes a command one that another user runs. */
  command?(...words: string[]): readonly string[];
  /** The user that it listens as. */
  readonly listenAs?: number;
}

/** A program that takes what anybody sends to a path, and counts the bytes. Ended with its test at the latest. */
export class GreedyReceiver {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(command: readonly string[]) {
    const [program = "", ...args] = command;
    // A Python that other users may run too.
    const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env });
    onTestFinished(() => void this.#child.kill("SIGKILL"));
  }

  static async start(kind: string, path: string, users: ReceiverUsers = {}): Promise<GreedyReceiver> {
    const { command = (...words) => words, listenAs } = users;
    const words = ["python3", PROGRAM, kind, path, ...(listenAs === undefined ? [] : [String(listenAs)])];
    const receiver = new GreedyReceiver(command(...words));
    await receiver.#says();
    return receiver;
  }

  /** Ends it. @returns the bytes it got */
  async end(): Promise<number> {
    this.#child.stdin.end();
    return Number(await this.#says());
  }

  async #says(): Promise<string> {
    const ended = once(this.#child, "exit").then(([status]) => {
      throw new Error(`the receiver ended with ${status}`);
    });
    const [text] = await Promise.race([once(this.#child.stdout, "data"), ended]);
    return String(text);
  }
}
