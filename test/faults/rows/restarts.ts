import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Journal, judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import type { FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { missing } from "../../support/fault-tools.ts";

const OPENERS = fileURLToPath(new URL("../../support/python/fifo_openers.py", import.meta.url));
const RECONNECT_MS = 100;

/** An aggregator that is stopped and started again and again under datagram senders, which have to find it anew. */
export const unixgramRestarts: FaultRow = {
  name: "unixgram: restarts under 8 senders",
  unit: "restarts",
  ci: 100,
  long: 200,
  chunk: 100,
  obstacle: () => undefined,

  async run(rounds, { dist, long, tally }) {
    await using scene = new FaultScene(dist);
    const endpoint = `unixgram=${join(scene.directory, "g")}`;
    let aggregator = await listening(scene, endpoint);
    const ids = Array.from({ length: 8 }, (_, i) => `g${i}`);
    const producers = ids.map((id) => scene.fedProducer(endpoint, id, 500, "--wait", "60s"));
    // A sender's own start would pass for a slow return.
    while (!ids.every((id) => readFileSync(scene.output, "latin1").includes(`"${id}"`))) await lineArrived(aggregator);
    const reconnectsMs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await lineArrived(aggregator);
      await scene.stop(aggregator);
      aggregator = await listening(scene, endpoint);
      const started = performance.now();
      await lineArrived(aggregator);
      reconnectsMs.push(performance.now() - started);
      tally.add("restarts");
    }
    const journals = await Promise.all(producers.map((producer) => producer.finish()));
    await scene.stop(aggregator);
    await judge(tally, { files: outputFiles(scene.output), journals });
    const median = reconnectsMs.sort((a, b) => a - b)[Math.floor(reconnectsMs.length / 2)] ?? Number.NaN;
    tally.measure("reconnectMedianMs", median, long ? RECONNECT_MS : undefined);
  },
};

/** Writers that open the FIFO for each line: its reader sees no end in between, and no line is torn. */
export const fifoOpens: FaultRow = {
  name: "fifo: 16 writers, an open for every line",
  unit: "opens",
  ci: 10_000,
  long: 100_000,
  chunk: 10_000,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, { dist, tally }) {
    await using scene = new FaultScene(dist);
    const fifo = join(scene.directory, "f");
    const aggregator = await listening(scene, `fifo=${fifo}`);
    const journals: Journal[] = [];
    const openers = scene.program(["python3", OPENERS, fifo, "16", String(rounds)], {}, (line) => {
      const last = Number(line["written"]) - 1;
      journals.push({ producer: String(line["writer"]), sent: last, acked: last });
      tally.add("opens", last + 1);
    });
    assert.equal((await openers.ended).status, 0, openers.stderr);
    const ledger = await scene.stop(aggregator);
    await judge(tally, { files: outputFiles(scene.output), journals, ledger });
  },
};

async function listening(scene: FaultScene, endpoint: string): Promise<FaultProgram> {
  const aggregator = scene.launch([endpoint, "-o", scene.output, "--log-level", "error"]);
  await aggregator.event("listening");
  return aggregator;
}

/** Asks for the ledger until it has a line. */
async function lineArrived(aggregator: FaultProgram): Promise<void> {
  for (;;) {
    aggregator.events.delete("stats");
    aggregator.kill("SIGUSR2");
    if (Number((await aggregator.event("stats"))["received"]) > 0) return;
  }
}
