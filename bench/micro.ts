/**
 * Nanoseconds per line of each step of the pipeline, and as a multiple of a reference loop (lines counted by
 * Buffer.indexOf). All are interleaved in one run, so that a busy machine slows them equally.
 * npm run bench:micro -- [--rounds N] [--check]     --check: exit 1 when a step is above its limit (MULTIPLES_MAX)
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "../src/lab/statistics/summary.ts";
import { REFERENCE, STEP_NAMES, type Step, setUpStep } from "./steps.ts";

/** Multiples of the reference loop: about twice today's, so that only a real regression fails. The file has none. */
const MULTIPLES_MAX: Readonly<Record<string, number>> = {
  "stream framing": 0.6,
  "message framing": 3.5,
  "check json": 9,
  "check shape": 2,
  "check none": 2,
  "write queue": 0.6,
};

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "25" }, check: { type: "boolean", default: false } },
});

function nanosecondsPerLine({ run, lines: count }: Step): number {
  const repeats = Math.ceil(20_000 / count);
  const start = process.hrtime.bigint();
  for (let repeat = 0; repeat < repeats; repeat++) run();
  return Number(process.hrtime.bigint() - start) / (repeats * count);
}

function measure(directory: string): boolean {
  const steps = STEP_NAMES.map((name) => setUpStep(name, directory));
  const samples = new Map(steps.map((step) => [step.name, [] as number[]]));
  for (let round = -3; round < Number(values.rounds); round++) {
    for (const step of steps) {
      const ns = nanosecondsPerLine(step);
      if (round >= 0) samples.get(step.name)?.push(ns);
    }
  }
  const referenceNs = median(samples.get(REFERENCE) ?? []);
  let good = true;
  for (const [name, ns] of samples) {
    const multiple = median(ns) / referenceNs;
    const most = MULTIPLES_MAX[name] ?? Number.POSITIVE_INFINITY;
    if (multiple > most) good = false;
    const verdict = multiple > most ? `  ABOVE ITS LIMIT ${most}` : "";
    process.stdout.write(
      `${name.padEnd(18)} ${median(ns).toFixed(1).padStart(8)} ns per line  ${multiple.toFixed(2).padStart(6)} × reference${verdict}\n`,
    );
  }
  return good;
}

const directory = mkdtempSync(join(tmpdir(), "bench-micro-"));
try {
  if (!measure(directory) && values.check) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
