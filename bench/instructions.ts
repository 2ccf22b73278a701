/**
 * Instructions per line of each step of the pipeline: unlike seconds, they are the same on a busy machine. Each step
 * runs many times and, in a process of its own, some more times; the difference includes neither start-up nor
 * compilation. perf counts them where it can read the processor's counters, otherwise valgrind.
 * npm run bench:instructions -- [--check]     --check: exit 1 when a step is above its limit (INSTRUCTIONS_MAX)
 */
import { execFileSync, spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { STEP_NAMES } from "./steps.ts";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
/** Below node_modules, where the packages that the compiled files import are found. */
const COMPILED = join(PROJECT, "node_modules/.cache/bench");
/** By then V8 has compiled all frequently used code for the last time. */
const RUNS_BEFORE = 1200;
const RUNS = 200;

/**
 * One and a half times today's counts (Node 20.20, x86-64, valgrind). The file has no limit: most of its work is the
 * kernel's.
 */
const INSTRUCTIONS_MAX: Readonly<Record<string, number>> = {
  "stream framing": 85,
  "message framing": 490,
  "check json": 1900,
  "check shape": 760,
  "check none": 680,
  "write queue": 320,
};

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

type Count = (command: readonly string[]) => { instructions: number; output: string };

const byProcessor: Count = (command) => {
  const counted = ["stat", "-x", ",", "-e", "instructions:u", "--", ...command];
  const { stdout, stderr } = spawnSync("perf", counted, { encoding: "utf8" });
  return { instructions: Number(/^(\d+),/m.exec(stderr ?? "")?.[1]), output: stdout ?? "" };
};

// V8 writes code while it runs, so valgrind must look for changes outside of files too.
const byValgrind: Count = (command) => {
  const options = ["--tool=callgrind", "--callgrind-out-file=/dev/null", "--smc-check=all-non-file"];
  const { stdout, stderr } = spawnSync("valgrind", [...options, ...command], { encoding: "utf8" });
  return { instructions: Number(/Collected : (\d+)/.exec(stderr ?? "")?.[1]), output: stdout ?? "" };
};

/** The program that can count on this machine. */
function counter(): Count {
  for (const count of [byProcessor, byValgrind]) {
    if (Number.isFinite(count(["true"]).instructions)) return count;
  }
  throw new Error("perf can't read counters here and valgrind isn't installed; bench:micro -- --check compares times");
}

function compile(): void {
  execFileSync(join(PROJECT, "node_modules/.bin/tsc"), ["-p", join(PROJECT, "bench"), "--outDir", COMPILED]);
  writeFileSync(join(COMPILED, "package.json"), '{"type":"module"}');
}

function instructionsPerLine(count: Count, step: string): number {
  // --predictable: one thread, so that V8 compiles at the same moments each time.
  const measure = (runs: number): { instructions: number; output: string } =>
    count([process.execPath, "--predictable", join(COMPILED, "bench/one-step.js"), step, String(runs)]);
  const [before, after] = [measure(RUNS_BEFORE), measure(RUNS_BEFORE + RUNS)];
  return (after.instructions - before.instructions) / (RUNS * Number(before.output));
}

const count = counter();
compile();
let good = true;
for (const name of STEP_NAMES) {
  const instructions = instructionsPerLine(count, name);
  const most = INSTRUCTIONS_MAX[name] ?? Number.POSITIVE_INFINITY;
  if (!(instructions <= most)) good = false;
  const verdict = instructions <= most ? "" : `  ABOVE ITS LIMIT ${most}`;
  process.stdout.write(`${name.padEnd(18)} ${instructions.toFixed(0).padStart(6)} instructions per line${verdict}\n`);
}
rmSync(COMPILED, { recursive: true });
if (!good && values.check) process.exitCode = 1;
