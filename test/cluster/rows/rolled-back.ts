import assert from "node:assert/strict";
import type { FaultRow } from "../../support/fault-row.ts";
import { ForwardingScene } from "../../support/forwarding-scene.ts";
import { WITHOUT_NATS } from "../../support/nats/nats-programs.ts";

/** All servers get an earlier state of their disks. */
export const rolledBack: FaultRow = {
  name: "forwarder: a stream of three servers that lost acknowledged messages",
  unit: "losses",
  ci: 1,
  long: 10,
  chunk: 10,
  obstacle: () => WITHOUT_NATS,

  async run(rounds, bench) {
    await using scene = await ForwardingScene.start(bench, { servers: 3 });
    const { log } = scene;
    const { nodes } = scene.cluster;
    const small = ["--block", "4KiB"];
    for (let round = 0; round < rounds; round++) {
      log.grow(1000);
      await scene.finish(...small);
      await Promise.all(nodes.map((node) => node.kill("SIGTERM")));
      for (const node of nodes) node.snapshot();
      await Promise.all(nodes.map((node) => node.start()));
      log.grow(1000);
      log.rotate();
      log.grow(1000);
      await scene.finish(...small);
      await Promise.all(nodes.map((node) => node.kill()));
      for (const node of nodes) node.restore();
      await Promise.all(nodes.map((node) => node.start()));
      log.grow(10);
      const forwarder = scene.forward("--once", ...small);
      await forwarder.program.ended;
      assert.match(forwarder.program.stderr, /the stream has lost blocks/);
      await scene.judge();
      bench.tally.add("losses");
    }
  },
};
