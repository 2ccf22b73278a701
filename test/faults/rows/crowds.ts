import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Line } from "../../support/fault-program.ts";
import { type FaultBench, type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { missing } from "../../support/fault-tools.ts";

const CROWD = fileURLToPath(new URL("../../support/python/crowd.py", import.meta.url));
const RSS_BYTES_MAX = 250e6;
const THROUGHPUT_MIN = 0.8;
/**
 * Free run and run beside the crowd take turns, and the median of the turns' ratios counts: the machine's ups and downs are
 * the same for both. Where that isn't enough after the first turns there are more.
 */
const TURNS = 5;
const TURNS_MAX = 15;
const LINES = 300_000;
const CONNECTIONS = 2000;
const CONNECTIONS_LONG = 5000;

/** Thousands of connections that never finish a line, beside four that mean it. */
export const drippingConnections: FaultRow = {
  name: "2,000 (long form 5,000) dripping connections beside 4 honest senders",
  unit: "runs",
  ci: 1,
  long: 20,
  chunk: 1,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, bench) {
    let rssMBMax = 0;
    let slowdownMax = 0;
    for (let round = 0; round < rounds; round++) {
      const { rssBytes, ratio } = await besideCrowd(bench, bench.long ? CONNECTIONS_LONG : CONNECTIONS);
      rssMBMax = Math.max(rssMBMax, rssBytes / 1e6);
      slowdownMax = Math.max(slowdownMax, 1 - ratio);
    }
    assert(rssMBMax * 1e6 <= RSS_BYTES_MAX, `RSS ${rssMBMax} MB`);
    assert(
      slowdownMax <= 1 - THROUGHPUT_MIN,
      `honest senders had ${((1 - slowdownMax) * 100).toFixed(0)} % of their throughput`,
    );
    return {
      runs: rounds,
      connectionsMax: bench.long ? CONNECTIONS_LONG : CONNECTIONS,
      lost: 0,
      rssMBMax,
      slowdownMax,
    };
  },
};

async function besideCrowd({ dist }: FaultBench, count: number): Promise<{ rssBytes: number; ratio: number }> {
  await using scene = new FaultScene(dist);
  const aggregator = await scene.aggregate(["--durability", "interval"]);
  const ratios: number[] = [];
  let turns = 0;
  for (; turns < TURNS || (turns < TURNS_MAX && median(ratios) < THROUGHPUT_MIN); turns++) {
    const free = await throughput(scene, `f${turns}`);
    const crowd = scene.program(["python3", CROWD, scene.socket, "drip", String(count)]);
    await crowd.news();
    ratios.push((await throughput(scene, `b${turns}`)) / free);
    crowd.stdin?.end();
    await crowd.ended;
  }
  const rssBytes = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${aggregator.pid}/status`, "utf8"))?.[1]) * 1024;
  const ledger = await scene.stop(aggregator);
  const drips = turns * count;
  assert.equal(ledger["stored"], turns * 2 * 4 * LINES + drips, "lines are lost");
  return { rssBytes, ratio: median(ratios) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Lines a second of four senders together. */
async function throughput(scene: FaultScene, name: string): Promise<number> {
  const producers = [1, 2, 3, 4].map((i) =>
    scene.producer(`unixsock=${scene.socket}`, "--id", `${name}-${i}`, "--rate", "max", "-n", String(LINES)),
  );
  const done = await Promise.all(producers.map((producer) => producer.event("done")));
  return done.reduce((sum, { sent, seconds }) => sum + Number(sent) / Number(seconds), 0);
}

/** A process that may open 64 descriptors, and hundreds of clients at a time. */
export const fewDescriptors: FaultRow = {
  name: "nofile = 64, 500 clients in waves",
  unit: "runs",
  ci: 1,
  long: 20,
  chunk: 1,
  obstacle: () => missing("prlimit", "--version") ?? missing("python3", "--version"),

  async run(rounds, bench) {
    const sum = { accepted: 0, refused: 0 };
    for (let round = 0; round < rounds; round++) {
      const { accepted, refused } = await waves(bench, pick(bench.random, 60, 120));
      sum.accepted += accepted;
      sum.refused += refused;
    }
    return { runs: rounds, ...sum, unaccounted: 0 };
  },
};

async function waves({ dist }: FaultBench, wave: number): Promise<{ accepted: number; refused: number }> {
  const clients = 500;
  await using scene = new FaultScene(dist);
  const args = [`unixsock=${scene.socket}`, "-o", scene.output, "--log-level", "warn"];
  const aggregator = scene.launch(args, { under: ["prlimit", "--nofile=64", "--"] });
  await aggregator.event("listening");
  const crowd = scene.program(["python3", CROWD, scene.socket, "waves", String(clients), String(wave)]);
  const { status } = await crowd.ended;
  assert.equal(status, 0, crowd.stderr);
  const { accepted, refused } = counts(await scene.stop(aggregator));
  assert.equal(accepted + refused, clients, `${accepted} accepted and ${refused} refused`);
  assert(refused > 0, "nobody was refused: the limit wasn't met");
  assert.equal(
    readFileSync(scene.output, "utf8").split("\n").length - 1,
    accepted,
    "an accepted client's line is missing",
  );
  return { accepted, refused };
}

function counts(ledger: Line): { accepted: number; refused: number } {
  const { transports }: { transports: { accepted: number; refused: number }[] } = JSON.parse(JSON.stringify(ledger));
  return transports[0] ?? { accepted: 0, refused: 0 };
}
