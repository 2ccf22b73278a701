import assert from "node:assert/strict";
import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import type { FaultRow } from "../../support/fault-row.ts";
import { ForwardingScene } from "../../support/forwarding-scene.ts";
import { WITHOUT_NATS } from "../../support/nats/nats-programs.ts";
import { residentBytesMax } from "../../support/proc.ts";

const MB = 1e6;
/** Whatever the backlog is. */
const RSS_MB_MAX = 130;
const LONG_MB = 5000;

/** All that was written while there was no forwarder. */
export const backlog: FaultRow = {
  name: "forwarder: a backlog of 5 GB in ten files",
  unit: "MB",
  ci: 60,
  long: LONG_MB,
  chunk: LONG_MB,

  obstacle: () => {
    if (WITHOUT_NATS !== undefined) return WITHOUT_NATS;
    const { bavail, bsize } = statfsSync(tmpdir());
    return bavail * bsize < 2.5 * LONG_MB * MB
      ? `${tmpdir()} has less than ${2.5 * LONG_MB} MB of free space`
      : undefined;
  },

  async run(megabytes, bench) {
    await using scene = await ForwardingScene.start(bench, { servers: 1 });
    const { log } = scene;
    for (let file = 0; file < 10; file++) {
      if (file > 0) log.rotate();
      log.growLarge(megabytes / 10);
    }
    const started = performance.now();
    const forwarder = scene.forward();
    await scene.cluster.ask(async (manager) => {
      while ((await manager.streams.info("LOGS")).state.bytes < log.bytes) {
        bench.tally.measure("rssMB", residentBytesMax(forwarder.program.pid) / MB, RSS_MB_MAX);
      }
    });
    const seconds = (performance.now() - started) / 1000;
    bench.tally.measure("MB per s", log.bytes / MB / seconds);
    forwarder.program.kill("SIGTERM");
    const { status } = await forwarder.program.ended;
    assert.equal(status, 0, forwarder.program.stderr);
    await scene.judge();
  },
};
