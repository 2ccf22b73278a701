import { basename } from "node:path";
import { STOP_MS_MAX } from "../../core/limits.ts";
import { type Program, startProgram } from "../../os/child-process.ts";
import type { RelayedInput } from "../../producer/relayed-lines.ts";
import { Tee } from "./tee.ts";

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

export interface ShippedProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** What its text lines are marked with as their `source`; by default the name of the program. */
  readonly source: string | undefined;
  /** Whether what it writes is also passed on to the same stream of this process. */
  readonly isPassedOn: boolean;
}

/**
 * A program whose output is shipped. Signals are forwarded to it, and it decides when to end. `stop` aborts when it has ended
 * after a signal and a process that it left behind still has its output open, or at a signal before it was started.
 */
export class ShippedProgram {
  readonly #options: ShippedProgramOptions;
  readonly #stop: AbortController = new AbortController();
  readonly #tee: Tee | undefined;
  #program: Program | undefined;

  constructor(options: ShippedProgramOptions) {
    this.#options = options;
    if (options.isPassedOn) this.#tee = new Tee();
    for (const signal of FORWARDED) process.on(signal, () => this.#forward(signal));
  }

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** Starts it. @returns its stdout and stderr. @throws as startProgram */
  async start(): Promise<readonly RelayedInput[]> {
    const { command, args, source = basename(command) } = this.#options;
    const program = await startProgram(command, args);
    this.#program = program;
    return (["stdout", "stderr"] as const).map((stream) => ({
      stream: program[stream],
      wrappedWith: { source, stream, pid: program.pid },
      ...(this.#tee && { passOn: this.#tee.to(stream) }),
    }));
  }

  /** Ends a line that it left unfinished where this program's result comes next. */
  endLine(): void {
    this.#tee?.endLine();
  }

  /** The exit status once it has ended; 0 when it was never started. */
  async exitStatus(): Promise<number> {
    return (await this.#program?.exited) ?? 0;
  }

  #forward(signal: NodeJS.Signals): void {
    if (this.#program === undefined) {
      // Like every command of the project, a waiting producer ignores SIGUSR1.
      if (signal !== "SIGUSR1") this.#stop.abort();
      return;
    }
    // The terminal has already sent Ctrl-C to the program, as a member of the foreground process group.
    if (signal !== "SIGINT" || process.stdin.isTTY !== true) this.#program.kill(signal);
    void this.#program.exited.then(() => setTimeout(() => this.#stop.abort(), STOP_MS_MAX).unref());
  }
}
