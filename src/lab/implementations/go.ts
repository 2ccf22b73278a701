import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { OperationalError } from "../../core/errors.ts";
import { projectFile } from "../../os/project-file.ts";
import type { Exclusion, ProgramSet } from "./program-set.ts";

const SOURCES = "bench/go";

/** A bufio.Scanner ends at a line of this length, its LF included (bufio.MaxScanTokenSize). */
const SCANNED_BYTES_MAX = 64 * 1024;

/** How much longer than its message a line is, at most. */
const FIELDS_BYTES_MAX = 256;

export function hasGo(): boolean {
  return spawnSync("go", ["version"]).status === 0;
}

/**
 * Compiles the producer and the aggregator in Go into a directory.
 *
 * @throws OperationalError USAGE where there is no go or no bench/go; Error when go fails
 */
export function buildGoPrograms(directory: string): ProgramSet & Required<Pick<ProgramSet, "files">> {
  const cwd = projectFile(SOURCES);
  if (!existsSync(cwd)) throw new OperationalError("USAGE", `${cwd} is missing; run --with go in a clone`);
  if (!hasGo())
    throw new OperationalError("USAGE", "go isn't installed; apt-get install golang-go, or leave out --with go");
  const build = (name: string): string => {
    const program = join(directory, name);
    // A compiler that is ended leaves its files there, and not in /tmp.
    const env = { ...process.env, GOTMPDIR: directory };
    const { status, stderr } = spawnSync("go", ["build", "-o", program, `./${name}`], { cwd, encoding: "utf8", env });
    if (status !== 0) throw new Error(`go failed on ${SOURCES}/${name}: ${stderr}`);
    return program;
  };
  return {
    files: { aggregator: build("aggregator"), producer: build("producer") },
    aggregatorOptions: [],
    producerOptions: [],
  };
}

/** The Go programs have no acknowledgements, their producer doesn't connect again, and their aggregator reads no longer lines. */
export const excludedFromGo: Exclusion = ({ aggregatorOptions, producerOptions, disturbance }, { load }) => {
  const [option] = [...aggregatorOptions, ...producerOptions];
  if (option !== undefined) return `the Go programs have no ${option}`;
  if (disturbance?.kind === "restart") return "the Go producer doesn't connect again";
  if (load.messageBytes + FIELDS_BYTES_MAX > SCANNED_BYTES_MAX) return "the Go aggregator reads lines of up to 64 KiB";
  return undefined;
};
