/**
 * Is processor time per line constant as the number of senders grows (1 to 1,000), and with a file that is empty or has
 * 10 GB? Prints a table; with --out DIRECTORY also writes cost-growth.svg there.
 * node --import tsx bench/growth.ts [--rounds N] [--rate LINES_PER_SECOND] [--out DIRECTORY]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "../src/lab/statistics/summary.ts";
import { barChart } from "./rig/bar-chart.ts";
import { aggregator } from "./rig/contestants.ts";
import type { Load } from "./rig/generator.ts";
import { buildNativeTools } from "./rig/native-tools.ts";
import { runTrial } from "./rig/trial.ts";

const GB = 1e9;
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    rate: { type: "string", default: "0" },
    out: { type: "string" },
  },
});

/**
 * All senders make writes of the same size. By default a flood; at a lower rate each line bears the cost of its whole
 * iteration.
 */
const BASE = {
  transport: "unixsock",
  lines: 4_000_000,
  lineBytes: 200,
  linesPerWrite: 64,
  linesPerSecond: Number(values.rate),
} as const;

const LOADS: readonly (Load & { readonly name: string })[] = [
  ...[1, 10, 100, 1000].map((senders) => ({ ...BASE, senders, name: `${senders.toLocaleString("en")} senders` })),
  { ...BASE, senders: 10, fileBytes: 0, name: "10 senders, empty file" },
  { ...BASE, senders: 10, fileBytes: 10 * GB, name: "10 senders, 10 GB file" },
];

const directory = mkdtempSync(join(tmpdir(), "bench-growth-"));
try {
  const tools = buildNativeTools(directory);
  const ours = aggregator("log-aggregator");
  const samples = LOADS.map(() => [] as number[]);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [index, load] of LOADS.entries()) {
      const { cpuSecondsPerMillion, lost } = await runTrial(ours, load, tools);
      if (lost !== 0) throw new Error(`${load.name}: ${lost} lines lost`);
      samples[index]?.push(cpuSecondsPerMillion);
    }
  }
  const bars = LOADS.map(({ name }, index) => ({ name, value: median(samples[index] ?? []) }));
  for (const { name, value } of bars)
    process.stdout.write(`${name.padEnd(24)} ${value.toFixed(3)} CPU s per million lines\n`);
  if (values.out !== undefined) {
    const rate = BASE.linesPerSecond === 0 ? "flood" : `${BASE.linesPerSecond.toLocaleString("en")} lines/s`;
    const title = `Processor seconds per million lines, unixsock, 200 B, 64 lines per write, ${rate}`;
    writeFileSync(join(values.out, "cost-growth.svg"), barChart(title, bars));
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
