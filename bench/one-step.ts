/**
 * Runs one step so many times, and nothing else: node one-step.js STEP RUNS. For bench/instructions.ts, which counts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setUpStep } from "./steps.ts";

const [name, runs] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), "bench-step-"));
const step = setUpStep(name ?? "", directory);
for (let run = 0; run < Number(runs); run++) step.run();
rmSync(directory, { recursive: true });
process.stdout.write(`${step.lines}\n`);
