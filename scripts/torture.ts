import { release } from "node:os";
import { fileURLToPath } from "node:url";
import { CLUSTER_ROWS } from "../test/cluster/rows.ts";
import { ROWS } from "../test/faults/rows.ts";
import { SECURITY_ROWS } from "../test/faults/security-rows.ts";
import { type FaultRow, seededRandom } from "../test/support/fault-row.ts";
import { Tally } from "../test/support/fault-tally.ts";

/**
 * Runs the rows of test/faults and test/cluster for long:
 * `npm run torture -- --minutes 20 [--only part-of-a-name] [--rounds N] [--dist folder]`. With `--list` it prints their
 * names and the counts of their long forms instead.
 */

const DIST = fileURLToPath(new URL("../dist", import.meta.url));

interface Outcome {
  readonly row: FaultRow;
  rounds: number;
  seconds: number;
  readonly tally: Tally;
  /** Why it was skipped, or what went wrong. */
  skipped?: string;
  failed?: string;
}

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};

const minutes = Number(option("minutes") ?? 20);
const only = option("only");
const dist = option("dist") ?? DIST;
const seed = Number(option("seed") ?? Math.floor(Math.random() * 2 ** 32));
const random = seededRandom(seed);
const roundsMax = Number(option("rounds") ?? Number.POSITIVE_INFINITY);
const rows = [...ROWS, ...CLUSTER_ROWS, ...SECURITY_ROWS].filter(
  ({ name }) => only === undefined || name.includes(only),
);
const outcomes: Outcome[] = rows.map((row) => ({ row, rounds: 0, seconds: 0, tally: new Tally() }));

/** Runs one chunk of a row. @returns false when the row is complete */
async function advance(outcome: Outcome): Promise<boolean> {
  const { row } = outcome;
  const obstacle = row.obstacle();
  if (obstacle !== undefined) outcome.skipped = obstacle;
  if (obstacle !== undefined || outcome.failed !== undefined) return false;
  const long = Math.min(row.long, roundsMax);
  const rounds = Math.min(row.chunk, long - outcome.rounds);
  const started = performance.now();
  try {
    await row.run(rounds, { dist, long: true, random, tally: outcome.tally });
    outcome.rounds += rounds;
    const broken = outcome.tally.broken();
    if (broken.length > 0) outcome.failed = broken.join("; ");
  } catch (error) {
    outcome.failed = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  outcome.seconds += (performance.now() - started) / 1000;
  return outcome.failed === undefined && outcome.rounds < long;
}

/**
 * Runs a chunk of the row that has had the least time, again and again, until the time is over or all rows are
 * complete.
 */
async function torture(): Promise<void> {
  const end = performance.now() + minutes * 60_000;
  const open = new Set(outcomes);
  while (open.size > 0 && (performance.now() < end || [...open].some(({ rounds }) => rounds === 0))) {
    const [next] = [...open].sort((a, b) => a.seconds - b.seconds);
    if (next === undefined) return;
    if (performance.now() > end && next.rounds > 0) open.delete(next);
    else if (!(await advance(next))) open.delete(next);
    console.error(
      `${next.row.name}: ${next.rounds} ${next.row.unit}, ${next.seconds.toFixed(0)} s ${next.failed ?? next.skipped ?? ""}`,
    );
  }
}

function verdict({ row, rounds, skipped, failed }: Outcome): string {
  if (failed !== undefined) return `FAILED: ${failed.split("\n")[0]}`;
  if (skipped !== undefined) return `skipped: ${skipped}`;
  return `${rounds} ${row.unit}`;
}

if (process.argv.includes("--list")) {
  for (const { name, long, unit } of rows) console.log(`${name}: ${long} ${unit}`);
  process.exit();
}
await torture();
console.log(`${new Date().toISOString().slice(0, 10)}, Linux ${release()}, Node ${process.version}, seed ${seed}\n`);
console.log("| fault | done | s | figures |\n|---|---|---|---|");
for (const outcome of outcomes) {
  console.log(`| ${outcome.row.name} | ${verdict(outcome)} | ${outcome.seconds.toFixed(0)} | ${outcome.tally} |`);
}
if (outcomes.some(({ failed }) => failed !== undefined)) process.exitCode = 1;
