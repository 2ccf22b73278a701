import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Journal, judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram, Line } from "../../support/fault-program.ts";
import { type FaultBench, type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { claimOf } from "../../support/fault-sender.ts";
import { missing } from "../../support/fault-tools.ts";

const CROWD = fileURLToPath(new URL("../../support/python/crowd.py", import.meta.url));
const RSS_MB_MAX = 250;
const SLOWDOWN_MAX = 0.2;
/**
 * Each round is a run without the crowd and a run beside it, so that the machine's ups and downs affect both. The
 * median of the rounds' ratios counts. If it isn't good enough after the least number of rounds, there are more. The
 * short form doesn't compare speed.
 */
const ROUNDS = { short: { least: 1, most: 1 }, long: { least: 5, most: 15 } };
const LINES = { short: 50_000, long: 300_000 };
const CONNECTIONS = { short: 2000, long: 5000 };
const CLIENTS = 500;

/** Thousands of connections that never finish a line, beside four honest senders. */
export const drippingConnections: FaultRow = {
  name: "2,000 (long form 5,000) dripping connections beside 4 honest senders",
  unit: "runs",
  ci: 1,
  long: 20,
  chunk: 1,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, bench) {
    for (let round = 0; round < rounds; round++) await besideCrowd(bench);
  },
};

async function besideCrowd({ dist, long, tally }: FaultBench): Promise<void> {
  const form = long ? "long" : "short";
  await using scene = new FaultScene(dist);
  const aggregator = await scene.aggregate(["--durability", "interval"]);
  const journals: Journal[] = [];
  const ratios: number[] = [];
  const { least, most } = ROUNDS[form];
  for (let round = 0; round < least || (round < most && median(ratios) < 1 - SLOWDOWN_MAX); round++) {
    const free = await throughput(scene, `f${round}`, LINES[form]);
    const crowd = scene.program(["python3", CROWD, scene.socket, "drip", String(CONNECTIONS[form])]);
    await crowd.event("dripping");
    const beside = await throughput(scene, `b${round}`, LINES[form]);
    ratios.push(beside.linesPerSecond / free.linesPerSecond);
    crowd.stdin?.end();
    journals.push(...free.journals, ...beside.journals, await dripped(crowd, `crowd${round}`));
  }
  tally.add(
    "connections",
    journals.reduce((sum, { partials }) => sum + (partials?.length ?? 0), 0),
  );
  const peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${aggregator.pid}/status`, "utf8"))?.[1]);
  tally.measure("rssMB", (peakKb * 1024) / 1e6, RSS_MB_MAX);
  if (long) tally.measure("slowdown", 1 - median(ratios), SLOWDOWN_MAX);
  const ledger = await scene.stop(aggregator);
  await judge(tally, { files: outputFiles(scene.output), journals, ledger });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

interface Throughput {
  /** Of all senders together. */
  readonly linesPerSecond: number;
  readonly journals: readonly Journal[];
}

/** Runs four senders to their ends. Each must have sent all the lines that it was asked for. */
async function throughput(scene: FaultScene, name: string, lines: number): Promise<Throughput> {
  const ids = [1, 2, 3, 4].map((i) => `${name}-${i}`);
  const producers = ids.map((id) =>
    scene.producer(`unixsock=${scene.socket}`, "--id", id, "--rate", "max", "-n", String(lines)),
  );
  const done = await Promise.all(producers.map((producer) => producer.event("done")));
  const claims = await Promise.all(producers.map((producer, i) => claimOf(ids[i] ?? "", producer)));
  return {
    linesPerSecond: done.reduce((sum, { sent, seconds }) => sum + Number(sent) / Number(seconds), 0),
    journals: claims.map((claim) => ({ ...claim, sent: lines - 1, acked: lines - 1 })),
  };
}

/** What the crowd's connections wrote: partial lines, which are stored when their senders end. */
async function dripped(crowd: FaultProgram, producer: string): Promise<Journal> {
  const { bytes }: { bytes: number[] } = JSON.parse(JSON.stringify(await crowd.event("dripped")));
  return { producer, sent: -1, acked: -1, partials: bytes.map((count) => `{"drip":"${"x".repeat(count)}`) };
}

/** An aggregator that may open 64 descriptors, and hundreds of clients at once. */
export const fewDescriptors: FaultRow = {
  name: "nofile = 64, 500 clients in waves",
  unit: "runs",
  ci: 1,
  long: 20,
  chunk: 1,
  obstacle: () => missing("prlimit", "--version") ?? missing("python3", "--version"),

  async run(rounds, bench) {
    for (let round = 0; round < rounds; round++) await waves(bench, pick(bench.random, 60, 120));
  },
};

/**
 * Each client writes one line. A client that is turned away may have written its line before: the ledger must say how
 * many are.
 */
async function waves({ dist, tally }: FaultBench, wave: number): Promise<void> {
  await using scene = new FaultScene(dist);
  const args = [`unixsock=${scene.socket}`, "-o", scene.output, "--log-level", "warn"];
  const aggregator = scene.launch(args, { under: ["prlimit", "--nofile=64", "--"] });
  await aggregator.event("listening");
  const crowd = scene.program(["python3", CROWD, scene.socket, "waves", String(CLIENTS), String(wave)]);
  const { wrote }: { wrote: string[] } = JSON.parse(JSON.stringify(await crowd.event("waved")));
  const ledger = await scene.stop(aggregator, 3);
  const journals = wrote.map((producer) => ({ producer, sent: 0, acked: -1 }));
  const stored = await judge(tally, { files: outputFiles(scene.output), journals, ledger });
  const storedLines = [...stored.values()].reduce((sum, lines) => sum + lines, 0);
  const turnedAway = CLIENTS - storedLines;
  assert(turnedAway > 0, "nobody was turned away: the limit wasn't met");
  const unaccounted = tally.fault("unaccounted");
  unaccounted.addCases(CLIENTS);
  const gap = Math.abs(turnedAway - refused(ledger));
  if (gap > 0) unaccounted.note(`${turnedAway} clients' lines aren't stored, the ledger says ${refused(ledger)}`, gap);
  tally.add("written lines turned away", wrote.length - storedLines);
  tally.uncounted("lost", "a client that was turned away is counted, whether or not its line was sent");
}

function refused(ledger: Line): number {
  const { transports }: { transports: { refused: number }[] } = JSON.parse(JSON.stringify(ledger));
  return transports[0]?.refused ?? Number.NaN;
}
