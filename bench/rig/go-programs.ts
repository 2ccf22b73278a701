import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The producer and the aggregator in Go, compiled; see bench/go. */
export interface GoPrograms {
  readonly aggregator: string;
  readonly producer: string;
}

export function hasGo(): boolean {
  return spawnSync("go", ["version"]).status === 0;
}

/** Compiles into a directory. @throws where there is no go, or it fails */
export function buildGoPrograms(directory: string): GoPrograms {
  const build = (name: string): string => {
    const program = join(directory, name);
    const cwd = fileURLToPath(new URL("../go", import.meta.url));
    const { error, status, stderr } = spawnSync("go", ["build", "-o", program, `./${name}`], { cwd, encoding: "utf8" });
    if (error !== undefined) throw new Error("the programs in bench/go need go; install golang-go", { cause: error });
    if (status !== 0) throw new Error(`go failed on bench/go/${name}: ${stderr}`);
    return program;
  };
  return { aggregator: build("aggregator"), producer: build("producer") };
}
