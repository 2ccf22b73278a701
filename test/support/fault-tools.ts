import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Why a program can't be used here; undefined when it can. */
export function missing(program: string, ...args: string[]): string | undefined {
  const { error, status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (error !== undefined) return `${program} isn't there (${error.message})`;
  if (status !== 0) return `${program} ${args.join(" ")} doesn't work here: ${stderr.trim()}`;
  return undefined;
}

/** Why strace can't trace here; containers often forbid ptrace(2). */
export function straceObstacle(): string | undefined {
  return missing("strace", "-D", "-f", "-qq", "-o", "/dev/null", "true");
}

/** The command that runs a program under strace, which does `what` to a system call, on one file if a path is given. */
export function injecting(call: string, what: string, path: string | undefined): readonly string[] {
  const filter = path === undefined ? [] : ["-P", path];
  const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:${what}`];
  // -D: the traced program is our child, and the tracer a separate process that ends with it. --seccomp-bpf isn't used,
  // because with it strace 6.1 loses injected signals.
  return ["strace", "-D", "-f", "-qq", "-o", "/dev/null", ...filter, ...inject];
}

const SHIM = fileURLToPath(new URL("c/fault_shim.c", import.meta.url));

/** Why the preloaded shim can't be built here. */
export function shimObstacle(): string | undefined {
  return missing("gcc", "--version");
}

/** Builds the shim into a folder. @returns the library's path */
export function buildShim(directory: string): string {
  const library = join(directory, "fault_shim.so");
  execFileSync("gcc", ["-shared", "-fPIC", "-O1", "-o", library, SHIM, "-ldl"]);
  return library;
}

/** What the shim does, and to which call. */
export interface ShimmedCall {
  readonly call: string;
  /** The file that the call is made on. */
  readonly path: string;
  /** Which of these calls, counted from 1. */
  readonly nth: number;
  readonly act: "short" | "half-kill" | "kill-after";
}

/** @param library what buildShim() returned @returns the environment in which the shim intercepts the call */
export function shimmed(library: string, { call, path, nth, act }: ShimmedCall): Record<string, string> {
  return { LD_PRELOAD: library, FAULT_CALL: call, FAULT_PATH: path, FAULT_NTH: String(nth), FAULT_ACT: act };
}
