/**
 * The forwarder and NATS JetStream on this machine: its throughput beside publishers in Go and C, the cost of following a
 * file, the stall after a server's restart, its memory with a backlog, and what it costs the aggregator. Alternatives take
 * turns, so that whatever else the machine does affects all of them. It needs nats-server (test/support/nats).
 *
 * usage: node --import tsx bench/forwarder.ts [throughput|following|stall|backlog|window|replicas|beside]... [--rounds N] [--mib N]
 */
import { parseArgs } from "node:util";
import { median, summarize } from "../src/lab/statistics/summary.ts";
import { aggregate, type Beside } from "./forwarding/beside.ts";
import { backlog, follow, stall } from "./forwarding/following.ts";
import { publishers } from "./forwarding/publishers.ts";
import { replicated, type Store } from "./forwarding/replicas.ts";
import { Scene } from "./forwarding/scene.ts";
import { ratio, throughput } from "./forwarding/throughput.ts";
import { throughNetwork } from "./forwarding/window.ts";

const MiB = 1024 * 1024;
const FOLLOWED_LINES_PER_SECOND: readonly number[] = [10_000, 100_000];
/** A rate at which an aggregator is far from busy. */
const BESIDE_LINES_PER_SECOND = 100_000;
const FOLLOWED_SECONDS = 5;
const DOWN_MS = 3000;
const STORES: readonly Store[] = [
  { servers: 1, isSynced: false },
  { servers: 1, isSynced: true },
  { servers: 3, isSynced: false },
  { servers: 3, isSynced: true },
];
const ROUND_TRIPS_MS: readonly number[] = [2, 10, 50];
const WINDOWS: readonly number[] = [16, 64, 256];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "5" }, mib: { type: "string" } },
});
const rounds = Number(values.rounds);

/** Of `--mib`, or of what a measurement takes by default. */
function bytesOf(mib: number): number {
  return Number(values.mib ?? mib) * MiB;
}

/** `217 MB/s (201 to 230)`: the median and its 95 % interval. */
function spread(figures: readonly number[], unit: string, digits = 0): string {
  const { median: middle, interval } = summarize(figures);
  const range = interval === null ? "" : ` (${interval.map((value) => value.toFixed(digits)).join(" to ")})`;
  return `${middle.toFixed(digits)} ${unit}${range}`;
}

async function repeated<Result>(measure: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  while (results.length < rounds) results.push(await measure());
  return results;
}

const MEASUREMENTS: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  async throughput(scene) {
    const contestants = publishers(scene.directory, (reason) => console.log(`skipped ${reason}`));
    const rates = await throughput(scene, contestants, { rounds, bytes: bytesOf(256) });
    for (const [name, figures] of rates) console.log(`throughput  ${name.padEnd(9)}  ${spread(figures, "MB/s")}`);
    for (const { name } of contestants.slice(1)) {
      console.log(`throughput  forwarder : ${name}  ${ratio(rates, "forwarder", name).toFixed(2)}`);
    }
  },
  async following(scene) {
    for (const linesPerSecond of FOLLOWED_LINES_PER_SECOND) {
      const results = await repeated(() => follow(scene, linesPerSecond, FOLLOWED_SECONDS));
      const rate = median(results.map((one) => one.linesPerSecond)).toFixed(0);
      const cores = results.map((one) => one.cores);
      const rss = results.map((one) => one.rssMb);
      console.log(`following   ${rate} lines/s  ${spread(cores, "cores", 3)}  RSS ${spread(rss, "MB")}`);
    }
  },
  async stall(scene) {
    console.log(`stall       ${spread(await repeated(() => stall(scene, DOWN_MS)), "ms after the server is ready")}`);
  },
  async backlog(scene) {
    const { rssMb, megabytesPerSecond } = await backlog(scene, bytesOf(5 * 1024));
    console.log(`backlog     at most ${rssMb.toFixed(0)} MB of RSS, ${megabytesPerSecond.toFixed(0)} MB/s`);
  },
  async window(scene) {
    const path = scene.log(bytesOf(48));
    for (const roundTripMs of ROUND_TRIPS_MS) {
      for (const window of WINDOWS) {
        const rates = await repeated(() => throughNetwork(scene, path, { roundTripMs, window }));
        console.log(`window      round trip ${roundTripMs} ms, --window ${window}  ${spread(rates, "MB/s")}`);
      }
    }
  },
  async replicas(scene) {
    const path = scene.log(bytesOf(256));
    const rates: number[][] = STORES.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [at, store] of STORES.entries()) rates[at]?.push(await replicated(scene, path, store));
    }
    for (const [at, { servers, isSynced }] of STORES.entries()) {
      const sync = isSynced ? "sync_interval always" : "sync_interval default";
      console.log(`replicas    ${servers}  ${sync}  ${spread(rates[at] ?? [], "MB/s")}`);
    }
  },
  async beside(scene) {
    for (const [rate, count] of [
      ["max", 1_000_000],
      [BESIDE_LINES_PER_SECOND, 100_000],
    ] as const) {
      const results: [alone: Beside, forwarded: Beside][] = [];
      for (let round = 0; round < rounds; round++) {
        const isFirst = round % 2 === 0;
        const first = await aggregate(scene, { rate, count }, isFirst);
        const second = await aggregate(scene, { rate, count }, !isFirst);
        results.push(isFirst ? [second, first] : [first, second]);
      }
      const of = (at: 0 | 1, field: keyof Beside): number[] => results.map((pair) => pair[at][field]);
      for (const [at, name] of ["alone", "forwarded"].entries()) {
        const lines = spread(of(at as 0 | 1, "linesPerSecond"), "lines/s");
        console.log(`beside      ${rate} ${name.padEnd(9)}  ${lines}  ${spread(of(at as 0 | 1, "cores"), "cores", 3)}`);
      }
      const slower = median(results.map(([alone, forwarded]) => forwarded.linesPerSecond / alone.linesPerSecond));
      console.log(`beside      ${rate} forwarded : alone  ${slower.toFixed(2)}`);
    }
  },
};

await using scene = await Scene.start();
console.log(`nats-server ${scene.version}, blocks of 64 KiB, window 16, lines of 200 bytes, ${rounds} rounds`);
for (const name of positionals.length > 0 ? positionals : Object.keys(MEASUREMENTS)) {
  const measure = MEASUREMENTS[name];
  if (measure === undefined) throw new Error(`${name}: write one of ${Object.keys(MEASUREMENTS).join(", ")}`);
  await measure(scene);
}
