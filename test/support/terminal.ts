import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

/** A pattern that hasn't been shown by then won't be. */
const SHOWN_MS_MAX = 15_000;

/** A program on a pseudo terminal (util-linux `script`). Its stdout and stderr both go there, as in a shell. */
export class Terminal {
  readonly ended: Promise<{ readonly status: number | null; readonly output: string }>;
  readonly #script: ChildProcessWithoutNullStreams;
  readonly #watches: (() => void)[] = [];
  #output = "";
  #over = false;

  /** @param command as one would type it: words without spaces */
  constructor(command: readonly string[], columns: number, options: { cwd: string; env?: NodeJS.ProcessEnv }) {
    // script itself has no terminal here whose size it could pass on.
    const line = `stty cols ${columns} rows 24; exec ${command.join(" ")}`;
    this.#script = spawn("script", ["-q", "-e", "-c", line, "/dev/null"], {
      cwd: options.cwd,
      env: { ...process.env, TERM: "xterm", SHELL: "/bin/sh", ...options.env },
    });
    onTestFinished(() => void this.#script.kill("SIGKILL"));
    this.#script.stdin.on("error", () => {});
    this.#script.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#output += text;
      this.#notify();
    });
    this.ended = once(this.#script, "close").then(([status]) => {
      this.#over = true;
      this.#notify();
      return { status, output: this.#output };
    });
  }

  /** What has been shown so far, control characters included. */
  get output(): string {
    return this.#output;
  }

  /** Resolves once there is a match in what is shown. */
  async shows(pattern: RegExp): Promise<void> {
    const late = AbortSignal.timeout(SHOWN_MS_MAX);
    late.addEventListener("abort", () => this.#notify());
    while (!pattern.test(this.#output)) {
      if (this.#over || late.aborted) throw new Error(`${pattern} is not shown, but:\n${JSON.stringify(this.#output)}`);
      await new Promise<void>((resolve) => this.#watches.push(resolve));
    }
  }

  /** Types at the keyboard; "\x03" is Ctrl-C. */
  type(keys: string): void {
    this.#script.stdin.write(keys);
  }

  #notify(): void {
    for (const watch of this.#watches.splice(0)) watch();
  }
}
