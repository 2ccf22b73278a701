import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The benchmark's C programs, compiled; see the head of each source. */
export interface NativeTools {
  readonly loadGenerator: string;
  readonly receiveLimit: string;
}

export function hasCompiler(): boolean {
  return spawnSync("gcc", ["--version"]).status === 0;
}

/** Compiles into a directory. @throws where there is no gcc, or it fails */
export function buildNativeTools(directory: string): NativeTools {
  const build = (name: string): string => {
    const source = fileURLToPath(new URL(`../native/${name}.c`, import.meta.url));
    const program = join(directory, name);
    const { error, status, stderr } = spawnSync("gcc", ["-O2", "-pthread", "-o", program, source], {
      encoding: "utf8",
    });
    if (error !== undefined) throw new Error("the benchmark's load generator needs gcc; install it", { cause: error });
    if (status !== 0) throw new Error(`gcc failed on ${source}: ${stderr}`);
    return program;
  };
  return {
    loadGenerator: build("load-generator"),
    receiveLimit: build("receive-limit"),
  };
}
