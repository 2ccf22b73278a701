import { setTimeout as pause } from "node:timers/promises";
import { type FaultBench, type FaultRow, pick } from "../../support/fault-row.ts";
import { ForwardingScene, type TestedForwarder } from "../../support/forwarding-scene.ts";
import { WITHOUT_NATS } from "../../support/nats/nats-programs.ts";
import { playRounds } from "./steady-scene.ts";

const DOWN_MS = 20_000;
const PAUSED_MS = 10_000;
const ROTATING_MS = 20_000;
/** Of the stream, and how long nobody sends. */
const DEDUPLICATION_MS = 1000;
const SILENCE_MS = 1500;

const obstacle = (): string | undefined => WITHOUT_NATS;

/** Without a majority nothing is stored. */
export const majorityDown: FaultRow = {
  name: "forwarder: two of three servers down for 20 s (short form 3 s)",
  unit: "outages",
  ci: 1,
  long: 5,
  chunk: 5,
  obstacle,

  run: (rounds, bench) =>
    playRounds({ rounds, bench }, { servers: 3 }, async (scene, round) => {
      const { cluster } = scene;
      const down = cluster.nodes.filter((_, at) => at !== round % cluster.nodes.length);
      await Promise.all(down.map((node) => node.kill()));
      await scene.outage(DOWN_MS);
      await Promise.all(down.map((node) => node.start()));
      const back = performance.now();
      await scene.progress();
      bench.tally.measure("stallMs", performance.now() - back);
      bench.tally.add("outages");
    }),
};

/** Stops the stream's leader again and again while the log grows, and lets it go on. */
function stopLeaders(rounds: number, bench: FaultBench, forward: readonly string[]): Promise<void> {
  return playRounds({ rounds, bench }, { servers: 3, forward }, async (scene) => {
    await scene.cluster.whole("LOGS");
    const leader = await scene.cluster.leader("LOGS");
    await pause(pick(bench.random, 0, 50));
    leader.signal("SIGSTOP");
    await scene.outage(PAUSED_MS);
    leader.signal("SIGCONT");
    await scene.progress();
    bench.tally.add("stops");
  });
}

/** A stopped server keeps its connections, and what was sent to it; what it does when it goes on must not be too much. */
export const stoppedLeader: FaultRow = {
  name: "forwarder: SIGSTOP of the stream's leader for 10 s, of three servers (short form 1.7 s)",
  unit: "stops",
  ci: 2,
  long: 10,
  chunk: 10,
  obstacle,

  run: (rounds, bench) => stopLeaders(rounds, bench, []),
};

/** A block is refused when one before it is missing. */
export const exclusiveStoppedLeader: FaultRow = {
  name: "forwarder: SIGSTOP of the stream's leader for 10 s (short form 1.7 s), --exclusive-stream",
  unit: "stops",
  ci: 1,
  long: 10,
  chunk: 10,
  obstacle,
  run: (rounds, bench) => stopLeaders(rounds, bench, ["--exclusive-stream"]),
};

/** The servers have forgotten the ids of blocks whose acknowledgements the forwarder never got. */
export const forgottenIds: FaultRow = {
  name: "forwarder: a deduplication window of 1 s, and 1.5 s between kill -9 and restart",
  unit: "pauses",
  ci: 2,
  long: 20,
  chunk: 20,
  obstacle,

  async run(rounds, bench) {
    const config = { duplicate_window: DEDUPLICATION_MS * 1e6 };
    await using scene = await ForwardingScene.start(bench, { servers: 3, config });
    let forwarder: TestedForwarder | undefined;
    await scene.onMessage(() => forwarder?.program.kill("SIGKILL"));
    for (let round = 0; round < rounds; round++) {
      scene.log.grow(3000);
      forwarder = scene.forward("--block", "4KiB");
      await forwarder.program.ended;
      // A server forgets ids by its clock alone.
      await pause(SILENCE_MS);
      bench.tally.add("pauses");
    }
    forwarder = undefined;
    await scene.finish();
  },
};

/** The log is rotated again and again while nobody stores anything. */
export const rotationsWhileDown: FaultRow = {
  name: "forwarder: 200 rotations in 20 s while all servers are down (short form 3.3 s)",
  unit: "outages",
  ci: 1,
  long: 3,
  chunk: 3,
  obstacle,

  run: (rounds, bench) =>
    playRounds({ rounds, bench }, { servers: 3 }, async (scene) => {
      const { cluster, log } = scene;
      await Promise.all(cluster.nodes.map((node) => node.kill()));
      for (let rotations = 0; rotations < 200; rotations++) {
        log.rotate();
        await scene.outage(ROTATING_MS / 200);
      }
      await Promise.all(cluster.nodes.map((node) => node.start()));
      await scene.progress();
      bench.tally.add("rotations", 200);
    }),
};
