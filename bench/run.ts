/**
 * The project's aggregator and other receivers on the same loads, interleaved (A B C A B C …); every line is verified.
 * Prints the tables, and writes them (tables.md) and every trial (trials.json) to a directory that git ignores.
 * npm run bench -- [--quick] [--rounds N] [--only WORDS] [--out DIRECTORY]
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readEnvironment } from "../src/lab/run/environment.ts";
import { aggregator, type Contestant, findPeers, receiveLimit } from "./rig/contestants.ts";
import type { Load } from "./rig/generator.ts";
import { buildNativeTools, hasCompiler, type NativeTools } from "./rig/native-tools.ts";
import { describeLoad, markdownTables, type Row } from "./rig/summary.ts";
import { runTrial } from "./rig/trial.ts";
import { FULL, QUICK, type Scenario } from "./scenarios.ts";

const OURS: Readonly<Record<string, Contestant>> = {
  json: aggregator("log-aggregator"),
  shape: aggregator("log-aggregator --check shape", "--check", "shape"),
  none: aggregator("log-aggregator --check none", "--check", "none"),
  "low latency": aggregator("log-aggregator --latency low", "--latency", "low"),
};

const PEERS = findPeers();

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    only: { type: "string", default: "" },
    out: { type: "string", default: fileURLToPath(new URL("results", import.meta.url)) },
  },
});
const scenarios = (values.quick ? QUICK : FULL).filter(({ title }) => title.includes(values.only));

function contestantsFor({ ours, peers }: Scenario, load: Load, tools: NativeTools): Contestant[] {
  const others = [receiveLimit(tools.receiveLimit), ...(peers ? PEERS.installed : [])];
  const own = ours.map((name) => OURS[name]).filter((variant) => variant !== undefined);
  return [...own, ...others].filter(({ transports }) => transports.includes(load.transport));
}

async function runScenario(scenario: Scenario, tools: NativeTools): Promise<Row[]> {
  const rows = scenario.loads.flatMap((load) =>
    contestantsFor(scenario, load, tools).map((contestant) => ({
      contestant,
      row: { scenario: scenario.title, contestant: contestant.name, load, trials: [] } satisfies Row as Row,
    })),
  );
  const rounds = Number(values.rounds ?? scenario.rounds);
  for (let round = 1; round <= rounds; round++) {
    for (const { contestant, row } of rows) {
      const trial = await runTrial(contestant, row.load, tools);
      row.trials.push(trial);
      process.stderr.write(
        `${round}/${rounds}  ${describeLoad(row.load)}  ${contestant.name}: ${Math.round(trial.linesPerSecond)} lines/s, ` +
          `${trial.cpuSecondsPerMillion.toFixed(3)} s per million, ${trial.lost} lost, ${trial.torn} torn` +
          `${trial.otherCores > 0.3 ? `, ${trial.otherCores.toFixed(1)} cores busy elsewhere` : ""}\n`,
      );
    }
  }
  return rows.map(({ row }) => row);
}

/**
 * Without a compiler there is no neutral load generator and no C limit. The laboratory compares the transports with the
 * project's own producer.
 */
function runWithOwnProducer(): void {
  process.stderr.write(
    "gcc isn't installed, so the load comes from our own producer and nothing is compared with peers\n",
  );
  execFileSync(process.execPath, [fileURLToPath(new URL("../dist/bin/ipc-lab.js", import.meta.url)), "demo"], {
    stdio: "inherit",
  });
}

async function runBesidePeers(directory: string): Promise<void> {
  const tools = buildNativeTools(directory);
  for (const name of PEERS.missing) process.stderr.write(`${name} isn't installed, so it is left out\n`);
  const rows: Row[] = [];
  for (const scenario of scenarios) rows.push(...(await runScenario(scenario, tools)));
  const tables = markdownTables(scenarios, rows);
  process.stdout.write(`${tables}\n`);
  mkdirSync(values.out, { recursive: true });
  writeFileSync(
    join(values.out, "trials.json"),
    `${JSON.stringify({ environment: readEnvironment(), rows }, null, 1)}\n`,
  );
  writeFileSync(join(values.out, "tables.md"), tables);
}

const directory = mkdtempSync(join(tmpdir(), "bench-tools-"));
try {
  if (hasCompiler()) await runBesidePeers(directory);
  else runWithOwnProducer();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
