import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { type Journal, judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import { type FaultBench, type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene, type LaunchOptions } from "../../support/fault-scene.ts";
import { claimOf, type JournalingSender } from "../../support/fault-sender.ts";
import type { Tally } from "../../support/fault-tally.ts";
import { buildShim, injecting, shimmed, shimObstacle, straceObstacle } from "../../support/fault-tools.ts";

/** Where an aggregator is killed. Which call it is, is chosen at random. */
interface Point {
  readonly name: string;
  readonly call: string;
  /** before: strace kills at the entry of the call, which then does nothing. Otherwise what the shim does. */
  readonly when: "before" | "half-kill" | "kill-after";
  /** It is killed while it starts, at an output with a torn end. */
  readonly inRepair?: true;
  readonly nthMax: number;
}

const ANY_POINT: Point = { name: "in write", call: "write", when: "half-kill", nthMax: 40 };

const POINTS: readonly Point[] = [
  { name: "before write", call: "write", when: "before", nthMax: 40 },
  ANY_POINT,
  { name: "after write", call: "write", when: "kill-after", nthMax: 40 },
  { name: "before sync", call: "fdatasync", when: "before", nthMax: 20 },
  { name: "after sync, before ack", call: "fdatasync", when: "kill-after", nthMax: 20 },
  { name: "in repair, before the cut", call: "ftruncate", when: "before", inRepair: true, nthMax: 1 },
  { name: "in repair, after the cut", call: "ftruncate", when: "kill-after", inRepair: true, nthMax: 1 },
  { name: "in rotation, before the rename", call: "rename", when: "before", nthMax: 3 },
  { name: "in rotation, after the rename", call: "rename", when: "kill-after", nthMax: 3 },
];

/** A point that isn't reached in this time fails the row. */
const POINT_MS_MAX = 40_000;

/** Kills from outside at random moments, and between them kills at named points inside. */
export const kill: FaultRow = {
  name: "kill -9 of the aggregator, acknowledged senders",
  unit: "kills",
  ci: 30,
  long: 1000,
  chunk: 30,
  obstacle: () => straceObstacle() ?? shimObstacle(),

  async run(rounds, bench) {
    const { dist, random, tally } = bench;
    await using scene = new FaultScene(dist);
    const shim = buildShim(scene.directory);
    let aggregator = await scene.aggregate(["--rotate-size", "4MiB"]);
    const senders = [
      scene.sender("unixsock", "u1"),
      scene.sender("unixsock", "u2", { window: 20, padBytes: 300 }),
      scene.sender("tcp", "t1"),
      scene.sender("tcp", "t2", { window: 20, padBytes: 300 }),
    ];
    const own = scene.producer(`unixsock=${scene.socket}`, "--ack", "--id", "p1", "--rate", "3000", "--wait", "60s");
    const fed = scene.fedProducer("p2", 3000, [`tcp=127.0.0.1:${scene.port}`, "--ack", "--wait", "60s"]);
    let kills = 0;
    for (let point = pick(random, 0, POINTS.length - 1); kills < rounds; kills++) {
      await someProgress(senders, pick(random, 1, 3000));
      aggregator.kill("SIGKILL");
      await die(aggregator, "from outside", tally);
      if (kills % 3 > 0) {
        await dieAt(POINTS[point++ % POINTS.length] ?? ANY_POINT, { scene, shim, bench });
        kills++;
      }
      aggregator = await scene.aggregate(["--rotate-size", "4MiB"]);
    }
    await Promise.all(senders.map((sender) => sender.finish()));
    const journals = [...senders, ...(await Promise.all([claimed(own, "p1"), fed.finish()]))];
    await scene.stop(aggregator);
    await judge(tally, { files: outputFiles(scene.output), journals, repeats: "allowed" });
  },
};

/** Stops one of the project's own producers, which ends only when all its lines are acknowledged. */
async function claimed(program: FaultProgram, producer: string): Promise<Journal> {
  program.kill("SIGTERM");
  const journal = await claimOf(producer, program);
  assert.deepEqual(program.events.get("done")?.["unsent"], {
    tooLong: 0,
    refused: 0,
    broken: 0,
    inDoubt: 0,
    unacknowledged: 0,
  });
  return journal;
}

function someProgress(senders: readonly JournalingSender[], lines: number): Promise<void> {
  return Promise.race(senders.map((sender) => sender.progress(lines)));
}

async function die(aggregator: FaultProgram, where: string, tally: Tally): Promise<void> {
  const { signal, status } = await aggregator.ended;
  assert.equal(signal, "SIGKILL", `${where}: it ended with ${status} instead: ${aggregator.stderr}`);
  tally.add("kills");
}

interface Place {
  readonly scene: FaultScene;
  /** The preloaded library. */
  readonly shim: string;
  readonly bench: FaultBench;
}

/** Starts an aggregator that is killed at a point, and waits until it has ended. */
async function dieAt(point: Point, { scene, shim, bench }: Place): Promise<void> {
  const nth = pick(bench.random, 1, point.nthMax);
  if (point.inRepair) appendFileSync(scene.output, '{"producer":"nobody","seq":0,"pad":"xxx');
  const options: LaunchOptions =
    point.when === "before"
      ? { under: injecting(point.call, `signal=SIGKILL:when=${nth}`, scene.output) }
      : { env: shimmed(shim, { call: point.call, path: scene.output, nth, act: point.when }) };
  const rotating = ["--rotate-size", point.call === "rename" ? "100KB" : "4MiB"];
  const aggregator = scene.launch(scene.ackedArgs(...rotating), options);
  const patience = setTimeout(() => aggregator.kill("SIGTERM"), POINT_MS_MAX);
  await die(aggregator, `${point.name}, call ${nth}`, bench.tally);
  clearTimeout(patience);
}
