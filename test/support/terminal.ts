import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const PROGRAM = fileURLToPath(new URL("python/terminal.py", import.meta.url));
/** A pattern that hasn't been shown by then won't be. */
const SHOWN_MS_MAX = 15_000;

/** A program on a pseudo terminal, as the leader of its session. Its stdout and stderr both go there, as in a shell. */
export class Terminal {
  /** After a signal that ended it the status is 256 minus the signal's number. */
  readonly ended: Promise<{ readonly status: number | null; readonly output: string }>;
  readonly #python: ChildProcessWithoutNullStreams;
  readonly #watches: (() => void)[] = [];
  #output = "";
  #over = false;

  /** @param columns 0: a terminal that doesn't know its size */
  constructor(command: readonly string[], columns: number, options: { cwd: string; env?: NodeJS.ProcessEnv }) {
    this.#python = spawn("python3", [PROGRAM, String(columns), ...command], {
      cwd: options.cwd,
      env: { ...process.env, TERM: "xterm", NO_COLOR: "", ...options.env },
    });
    onTestFinished(() => void this.#python.stdin.end());
    this.#python.stdin.on("error", () => {});
    for (const stream of [this.#python.stdout, this.#python.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        this.#notify();
      });
    this.ended = once(this.#python, "close").then(([status]) => {
      this.#over = true;
      this.#notify();
      return { status, output: this.#output };
    });
  }

  /** What has been shown so far, control characters included. */
  get output(): string {
    return this.#output;
  }

  /**
   * Resolves once what is shown from that character on has a match.
   *
   * @returns what is shown up to the end of the match
   */
  async shows(pattern: RegExp, from = 0): Promise<string> {
    const late = AbortSignal.timeout(SHOWN_MS_MAX);
    late.addEventListener("abort", () => this.#notify());
    for (;;) {
      const shown = this.#output.slice(from);
      const match = pattern.exec(shown);
      if (match !== null) return shown.slice(0, match.index + match[0].length);
      if (this.#over || late.aborted) throw new Error(`${pattern} is not shown, but:\n${JSON.stringify(shown)}`);
      await new Promise<void>((resolve) => this.#watches.push(resolve));
    }
  }

  /** Types at the keyboard; "\x03" is Ctrl-C. */
  type(keys: string): void {
    this.#order({ type: keys });
  }

  resize(columns: number): void {
    this.#order({ columns });
  }

  /** Sends a signal to the program alone. */
  kill(signal: NodeJS.Signals): void {
    this.#order({ signal: constants.signals[signal] });
  }

  /** Closes the terminal, as closing its window or losing its connection does. */
  hangUp(): void {
    this.#order({ hangUp: true });
  }

  #order(order: object): void {
    this.#python.stdin.write(`${JSON.stringify(order)}\n`);
  }

  #notify(): void {
    for (const watch of this.#watches.splice(0)) watch();
  }
}
