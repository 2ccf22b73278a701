import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Journal, judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import { type FaultBench, type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { claimOf } from "../../support/fault-sender.ts";
import { missing } from "../../support/fault-tools.ts";

const IDLE = fileURLToPath(new URL("../../support/python/idle_lines.py", import.meta.url));
/** Lines of the two honest senders: many short ones, and some that rarely arrive in one read. */
const SHORT_LINES = 10_000;
const LONG_LINES = 100;
const LONG_BYTES = 60_000;
/** `--queue-bytes` for unfinished lines, as much for lines that wait, and the memory of a busy aggregator. */
const RSS_MB_MAX = 250;

/** Connections that stop within a line and stay, beside two honest senders. */
export const idleLines: FaultRow = {
  name: "171 to 600 connections idle within long lines, beside 2 honest senders",
  unit: "runs",
  ci: 2,
  long: 20,
  chunk: 1,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, bench) {
    for (let round = 0; round < rounds; round++) {
      // The lines of the small crowd fit in the memory, those of a large one don't.
      const isSmall = bench.long ? bench.random() < 0.3 : round === 0;
      const count = isSmall ? 171 : pick(bench.random, 300, 600);
      await beside(bench, count, pick(bench.random, 200_000, 262_000));
    }
  },
};

async function beside({ dist, tally }: FaultBench, count: number, bytes: number): Promise<void> {
  await using scene = new FaultScene(dist);
  const aggregator = await scene.aggregate(["--durability", "interval"]);
  const crowd = scene.program(["python3", IDLE, scene.socket, String(count), String(bytes)]);
  await crowd.event("idle");
  const journals = await honest(scene);
  crowd.stdin?.end();
  await crowd.ended;
  const numbers = Array.from({ length: count }, (_, n) => n);
  // Only idle lines may be given up.
  for (const n of numbers) journals.push({ producer: `idle${n}`, sent: 0, acked: -1 });
  for (const n of numbers) journals.push({ producer: `after${n}`, sent: 0, acked: 0 });
  tally.add("idle connections", count);
  tally.measure("rssMB", peakMB(aggregator.pid), RSS_MB_MAX);
  aggregator.kill("SIGTERM");
  const ledger = await aggregator.event("closed");
  const stored = await judge(tally, { files: outputFiles(scene.output), journals, ledger });
  const givenUp = numbers.filter((n) => stored.get(`idle${n}`) === 0).length;
  tally.add("given up", givenUp);
  const { shed }: { shed: number } = JSON.parse(JSON.stringify(ledger["notStored"]));
  const { status } = await aggregator.ended;
  const misreported = tally.fault("misreported");
  misreported.check(shed === givenUp, () => `${givenUp} lines were given up, the ledger says ${shed}`);
  misreported.check(status === (givenUp > 0 ? 3 : 0), () => `${givenUp} lines were given up, exit status ${status}`);
}

/** Two senders at full speed, each of which must have all its lines stored. */
async function honest(scene: FaultScene): Promise<Journal[]> {
  const send = (id: string, lines: number, ...more: string[]): FaultProgram =>
    scene.producer(`unixsock=${scene.socket}`, ...more, "--id", id, "--rate", "max", "-n", String(lines));
  const short = send("short", SHORT_LINES);
  const long = send("long", LONG_LINES, String(LONG_BYTES));
  return [
    { ...(await claimOf("short", short)), acked: SHORT_LINES - 1 },
    { ...(await claimOf("long", long)), acked: LONG_LINES - 1 },
  ];
}

function peakMB(pid: number): number {
  return (Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024) / 1e6;
}
