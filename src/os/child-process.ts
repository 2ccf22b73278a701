import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { errnoOf, OperationalError } from "../core/errors.ts";

/** A started program. It shares this process's stdin. */
export interface Program {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves with the exit status as a shell reports it: 128 + n when signal n ended the program. */
  readonly exited: Promise<number>;
  kill(signal: NodeJS.Signals): void;
}

/** @throws OperationalError PROGRAM_NOT_STARTED when there is no such program, or this user may not run it */
export async function startProgram(command: string, args: readonly string[]): Promise<Program> {
  const child = spawn(command, args, { stdio: ["inherit", "pipe", "pipe"] });
  const exited = exitStatus(child);
  try {
    await once(child, "spawn");
  } catch (cause) {
    const fact = errnoOf(cause) === "ENOENT" ? "was not found" : `could not be started (${errnoOf(cause)})`;
    throw new OperationalError("PROGRAM_NOT_STARTED", `${command} ${fact}; check its name, PATH and permissions`, {
      cause,
    });
  }
  const { pid = 0, stdout, stderr } = child;
  return { pid, stdout, stderr, exited, kill: (signal) => child.kill(signal) };
}

async function exitStatus(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
