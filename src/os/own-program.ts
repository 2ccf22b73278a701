import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { commandFile, projectFile } from "./project-file.ts";

/** A JSON object that a program of this project printed on stdout. */
export type ProgramEvent = { readonly event: string } & Record<string, unknown>;

/** How a program ended: with an exit status, or by a signal. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface OwnProgramOptions {
  readonly file?: string | undefined;
  readonly wrapper?: readonly string[];
  readonly input?: boolean;
}

/** A running program of this project. Its stdout is read as events; it shares this process's stderr. */
export class OwnProgram {
  readonly ended: Promise<ProgramEnd>;
  readonly #child: ChildProcess;
  readonly #events: ProgramEvent[] = [];
  #wake: () => void = () => {};
  #outputEnded = false;

  /**
   * @param name `aggregator` or `producer`: also the name of the process, by which bpftrace selects it
   * @param options `file`: the executable instead of this project's command. `wrapper`: a program and its arguments that run
   * it, such as strace. `input`: its standard input is a pipe
   */
  constructor(name: string, args: readonly string[], { file, wrapper = [], input = false }: OwnProgramOptions = {}) {
    const command = file === undefined ? nodeCommand(name) : [file];
    const [program = "", ...words] = [...wrapper, ...command, ...args];
    this.#child = spawn(program, words, { stdio: [input ? "pipe" : "ignore", "pipe", "inherit"] });
    // It may have ended.
    this.#child.stdin?.on("error", () => {});
    this.ended = this.#end();
    this.ended.catch(() => {}); // for those that await it
    void this.#read();
  }

  /** Of the wrapper, where there is one; 0 if it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Writes a line to its standard input. */
  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Ends its standard input. */
  endInput(): void {
    this.#child.stdin?.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The next event with this name. @throws Error when the program ends without one */
  async event(name: string): Promise<ProgramEvent> {
    for (;;) {
      const found = this.#events.find((candidate) => candidate.event === name);
      if (found !== undefined) return found;
      if (this.#outputEnded) throw new Error(`${this.#child.spawnargs.join(" ")} ended without a "${name}" event`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #end(): Promise<ProgramEnd> {
    return new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code, signal) => resolve({ code, signal }));
    });
  }

  async #read(): Promise<void> {
    if (this.#child.stdout === null) return;
    for await (const line of createInterface({ input: this.#child.stdout })) {
      if (!line.startsWith('{"event":')) continue;
      const event = eventIn(line);
      if (event !== undefined) this.#events.push(event);
      this.#wake();
    }
    this.#outputEnded = true;
    this.#wake();
  }
}

/** A program that is killed may leave half a line. */
function eventIn(line: string): ProgramEvent | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function nodeCommand(name: string): readonly string[] {
  const { nodeArgs, path } = commandFile(name);
  return [nodeNamed(name), ...nodeArgs, path];
}

/**
 * Path of a link to this Node binary with the program's name: the kernel names a process after the file it executes.
 * The link's folder contains the path of the binary, so the link is created once and several starters can run
 * concurrently. scripts/node-as.sh creates the same link. That holds for programs run from source, too: the linter
 * would follow a link in another folder.
 */
function nodeNamed(name: string): string {
  const link = projectFile(`dist/run${process.execPath}/${name}`);
  try {
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(process.execPath, link);
  } catch {
    // It exists already, or can't be created; the check below decides.
  }
  return existsSync(link) ? link : process.execPath;
}
