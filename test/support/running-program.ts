import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export type ProgramLine = Record<string, unknown>;

/** A program that prints one JSON object per line. It is ended with the test if it hasn't ended before. */
export class RunningProgram {
  readonly child: ChildProcess;
  /** Everything it printed so far. */
  readonly lines: ProgramLine[] = [];
  readonly ended: Promise<number | null>;
  stderr = "";
  #over = false;
  #wake: () => void = () => {};

  constructor(
    command: string,
    args: readonly string[],
    options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly stdin?: "pipe" } = {},
  ) {
    const { stdin = "ignore", ...place } = options;
    this.child = spawn(command, args, { stdio: [stdin, "pipe", "pipe"], ...place });
    onTestFinished(() => void this.child.kill("SIGKILL"));
    this.child.stderr?.on("data", (text) => (this.stderr += text));
    this.ended = new Promise((resolve) => this.child.once("close", (code) => resolve(code)));
    void this.#read();
  }

  static aggregator(args: readonly string[]): RunningProgram {
    return new RunningProgram(process.execPath, [built("aggregator"), ...args]);
  }

  static python(script: string, args: readonly string[]): RunningProgram {
    const path = fileURLToPath(new URL(`python/${script}`, import.meta.url));
    return new RunningProgram("python3", [path, ...args]);
  }

  /** The first line, already printed or to come, that the predicate holds for. */
  async line(matches: (line: ProgramLine) => boolean): Promise<ProgramLine> {
    for (let at = 0; ; ) {
      for (; at < this.lines.length; at++) {
        const line = this.lines[at];
        if (line !== undefined && matches(line)) return line;
      }
      if (this.#over)
        throw new Error(`the program ended without the line that the test waits for; its stderr: ${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  event(name: string): Promise<ProgramLine> {
    return this.line((line) => line["event"] === name);
  }

  async #read(): Promise<void> {
    if (this.child.stdout === null) return;
    for await (const text of createInterface({ input: this.child.stdout })) {
      const line: ProgramLine = JSON.parse(text);
      this.lines.push(line);
      this.#wake();
    }
    this.#over = true;
    this.#wake();
  }
}

function built(name: string): string {
  return fileURLToPath(new URL(`../../dist/bin/${name}.js`, import.meta.url));
}
