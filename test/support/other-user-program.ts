import { chmodSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { FaultProgram } from "./fault-program.ts";
import { asUser } from "./other-user.ts";
import { PRODUCER } from "./producer-process.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** A path in a directory that everybody may search. */
export function publicPath(): string {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  return join(directory, "s");
}

/** A command of another user's. */
export function startAs(uid: number, ...args: readonly string[]): FaultProgram {
  const env = { PATH: process.env["PATH"] ?? "" };
  const program = new FaultProgram(asUser(uid, process.execPath, ...args), { env, cwd: "/" });
  onTestFinished(() => program[Symbol.asyncDispose]());
  return program;
}

/** A producer of another user's, which sends 50 lines unless the options say otherwise. */
export function sendAs(uid: number, address: string, ...options: readonly string[]): FaultProgram {
  const count = options.includes("--count") ? [] : ["--count", "50", "--interval", "1ms"];
  return startAs(uid, PRODUCER, address, ...count, ...options);
}
