import { setTimeout as pause } from "node:timers/promises";
import { type FaultBench, type FaultRow, pick } from "../../support/fault-row.ts";
import { ForwardingScene } from "../../support/forwarding-scene.ts";
import { WITHOUT_NATS } from "../../support/nats/nats-programs.ts";
import { playRounds, type SteadyOptions } from "./steady-scene.ts";

const obstacle = (): string | undefined => WITHOUT_NATS;

/** Kills the stream's leader at random moments while the log grows, and starts it again when lines are stored again. */
function killLeaders(rounds: number, bench: FaultBench, options: SteadyOptions): Promise<void> {
  const { servers } = options;
  return playRounds({ rounds, bench }, options, async (scene) => {
    const { cluster } = scene;
    await cluster.whole("LOGS");
    const leader = await cluster.leader("LOGS");
    await pause(pick(bench.random, 0, 50));
    const sequence = await cluster.lastSequence("LOGS");
    await leader.kill();
    let since = performance.now();
    if (servers === 1) {
      await leader.start();
      since = performance.now();
    }
    await scene.grown(sequence);
    bench.tally.measure("stallMs", performance.now() - since);
    bench.tally.add("kills");
    if (servers > 1) await leader.start();
  });
}

/** Another server is elected. */
export const leaderKills: FaultRow = {
  name: "forwarder: kill -9 of the stream's leader, of three servers",
  unit: "kills",
  ci: 2,
  long: 20,
  chunk: 20,
  obstacle,
  run: (rounds, bench) => killLeaders(rounds, bench, { servers: 3 }),
};

/** Blocks have no ids: the servers compare numbers. */
export const exclusiveLeaderKills: FaultRow = {
  name: "forwarder: kill -9 of the stream's leader, of three servers, --exclusive-stream",
  unit: "kills",
  ci: 1,
  long: 20,
  chunk: 20,
  obstacle,
  run: (rounds, bench) => killLeaders(rounds, bench, { servers: 3, forward: ["--exclusive-stream"] }),
};

/** It is started again at once. */
export const serverKills: FaultRow = {
  name: "forwarder: kill -9 of the only server",
  unit: "kills",
  ci: 5,
  long: 20,
  chunk: 20,
  obstacle,
  run: (rounds, bench) => killLeaders(rounds, bench, { servers: 1 }),
};

/** The forwarder dies at a random moment, while the log grows and is rotated; the next one goes on. */
export const forwarderKills: FaultRow = {
  name: "forwarder: kill -9 of the forwarder, three servers, while the file grows and is rotated",
  unit: "kills",
  ci: 8,
  long: 100,
  chunk: 100,
  obstacle,

  async run(rounds, bench) {
    await using scene = await ForwardingScene.start(bench, { servers: 3 });
    const stop = scene.growSteadily();
    for (let round = 0; round < rounds; round++) {
      const forwarder = scene.forward("--block", "8KiB");
      await forwarder.connected();
      if (bench.random() < 1 / 3) scene.log.rotate();
      await pause(pick(bench.random, 0, 100));
      forwarder.program.kill("SIGKILL");
      await forwarder.program.ended;
      bench.tally.add("kills");
    }
    stop();
    await scene.finish();
    bench.tally.add("files", scene.log.files.length);
  },
};
