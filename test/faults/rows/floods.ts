import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FaultBench, FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { missing } from "../../support/fault-tools.ts";

const FLOODS = fileURLToPath(new URL("../../support/python/floods.py", import.meta.url));
const MiB = 1024 * 1024;
const QUEUE_BYTES = 16 * MiB;
/** What ARCHITECTURE.md allows with this queue and 2,000 connections, and a margin. The long form sends 2.5 GB. */
const RSS_MB_MAX = 250;
const HONEST_LINES = { short: 20_000, long: 200_000 };

/** Connections that come and go, lines that never end, and lines beyond all limits: far more than memory may hold. */
const FLOOD_ARGS = {
  short: [
    ["connections", 2000],
    ["partial", 500, MiB / 2],
    ["oversize", 20, 8 * MiB],
  ],
  long: [
    ["connections", 50_000],
    ["partial", 2000, MiB / 2],
    ["oversize", 20, 64 * MiB],
  ],
} as const;

/** Floods of connections, of partial lines and of lines that are too long, beside an honest sender. */
export const floods: FaultRow = {
  name: "security: floods of connections, partial and oversize lines",
  unit: "floods",
  ci: 1,
  long: 10,
  chunk: 1,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, bench) {
    for (let round = 0; round < rounds; round++) await flood(bench);
  },
};

async function flood({ dist, long, tally }: FaultBench): Promise<void> {
  const form = long ? "long" : "short";
  await using scene = new FaultScene(dist);
  const aggregator = await scene.aggregate(["--durability", "interval", "--queue-bytes", String(QUEUE_BYTES)]);
  const lines = HONEST_LINES[form];
  const args = [`unixsock=${scene.socket}`, "--id", "honest", "--rate", "max", "-n", String(lines), "--ack"];
  const honest = scene.producer(...args);
  const sent = { lines: 0, partial: 0 };
  for (const flooding of FLOOD_ARGS[form]) {
    const program = scene.program(["python3", FLOODS, scene.socket, ...flooding.map(String)]);
    const flooded = await program.event("flooded");
    sent.lines += Number(flooded["lines"]);
    sent.partial += Number(flooded["partial"]);
    await program.ended;
  }
  await honest.event("done");
  const status = readFileSync(`/proc/${aggregator.pid}/status`, "utf8");
  tally.measure("rssMB", (Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024) / 1e6, RSS_MB_MAX);
  const ledger = await scene.stop(aggregator, 3);
  const received = Number(ledger["received"]);
  const uncounted = tally.fault("uncounted");
  uncounted.addCases(lines + sent.lines + sent.partial);
  const gap = Math.abs(lines + sent.lines + sent.partial - received);
  if (gap > 0) uncounted.note(`${received} received of ${lines} and ${JSON.stringify(sent)}`, gap);
  const lost = tally.fault("honest lines lost");
  lost.addCases(lines);
  const stored = readFileSync(scene.output, "latin1")
    .split("\n")
    .filter((line) => line.includes('"honest"')).length;
  if (stored < lines) lost.note(`${stored} of ${lines} are in the file`, lines - stored);
}
