import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";

export type Line = Record<string, unknown>;

/** A program that prints nothing for so long hangs. */
const SILENCE_MS_MAX = 45_000;

export interface FaultProgramOptions extends SpawnOptions {
  /** Descriptors that it gets from 3 on. */
  readonly passed?: readonly number[];
}

/** How a program ended. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A program that prints one JSON object per line. It doesn't depend on vitest, because fault rows also run without it.
 */
export class FaultProgram implements AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<Ending>;
  /** The last line of each event, by its name. */
  readonly events: Map<string, Line> = new Map();
  stderr = "";
  readonly #child: ChildProcess;
  readonly #watches = new Set<() => void>();
  readonly #each: (line: Line) => void;
  #over = false;

  /** @param each called for every line it prints */
  constructor(command: readonly string[], options: FaultProgramOptions = {}, each: (line: Line) => void = () => {}) {
    // Ends with this process, whatever ends it.
    const [program = "", ...args] = ["setpriv", "--pdeathsig", "KILL", ...command];
    const { passed = [], ...place } = options;
    const child = spawn(program, args, { ...place, stdio: ["pipe", "pipe", "pipe", ...passed] });
    this.#child = child;
    this.#each = each;
    this.pid = child.pid ?? 0;
    child.stdin?.on("error", () => {});
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-100_000);
      this.#notify();
    });
    const read = this.#read(child);
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => this.#end(String(error), { status: null, signal: null }, resolve));
      child.once("close", async (status, signal) => {
        await read;
        this.#end("", { status, signal }, resolve);
      });
    });
  }

  get over(): boolean {
    return this.#over;
  }

  get stdin(): Writable | null {
    return this.#child.stdin;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /**
   * Resolves once the condition holds, which is checked whenever the program prints something.
   *
   * @throws when it ends first
   */
  async until(condition: () => boolean, what: string): Promise<void> {
    while (!condition()) {
      if (this.#over) throw new Error(`a program ended before ${what}; its stderr: ${this.stderr.slice(-2000)}`);
      await this.nextOutput();
    }
  }

  /** Resolves when the program prints something or ends. @throws when it prints nothing for too long */
  nextOutput(): Promise<void> {
    return new Promise((resolve, reject) => {
      const silence = setTimeout(
        () => reject(new Error(`a program is silent: ${this.#child.spawnargs}`)),
        SILENCE_MS_MAX,
      );
      this.#watches.add(() => {
        clearTimeout(silence);
        resolve();
      });
    });
  }

  async event(name: string): Promise<Line> {
    await this.until(() => this.events.has(name), `the event "${name}"`);
    return this.events.get(name) ?? {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  async #read(child: ChildProcess): Promise<void> {
    if (child.stdout === null) return;
    for await (const text of createInterface({ input: child.stdout })) {
      // Killed while it wrote: the last line may be cut.
      const line = parse(text);
      if (line === undefined) continue;
      if (typeof line["event"] === "string") this.events.set(line["event"], line);
      this.#each(line);
      this.#notify();
    }
  }

  #end(stderr: string, ending: Ending, resolve: (ending: Ending) => void): void {
    this.stderr += stderr;
    this.#over = true;
    this.#notify();
    resolve(ending);
  }

  #notify(): void {
    const watches = [...this.#watches];
    this.#watches.clear();
    for (const watch of watches) watch();
  }
}

function parse(text: string): Line | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
