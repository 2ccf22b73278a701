import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Journal, judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import type { FaultBench, FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { missing } from "../../support/fault-tools.ts";

const OPENERS = fileURLToPath(new URL("../../support/python/fifo_openers.py", import.meta.url));
const RECONNECT_MS = 100;

/**
 * An aggregator that is stopped and started again and again while datagram senders send, which have to find it again.
 */
export const unixgramRestarts: FaultRow = {
  name: "unixgram: restarts under 8 senders",
  unit: "restarts",
  ci: 100,
  long: 200,
  chunk: 100,
  obstacle: () => undefined,

  async run(rounds, bench) {
    await restarted(bench, rounds, ({ directory }) => [`unixgram=${join(directory, "g")}`]);
  },
};

/** The same with stream senders without acknowledgements: what they report as sent is stored, once. */
export const streamRestarts: FaultRow = {
  name: "unixsock and tcp: restarts under 8 senders without acknowledgements",
  unit: "restarts",
  ci: 20,
  long: 200,
  chunk: 100,
  obstacle: () => undefined,

  async run(rounds, bench) {
    await restarted(bench, rounds, ({ socket }) => [`unixsock=${socket}`, "tcp=127.0.0.1:0"]);
  },
};

/** @param endpointsIn the endpoints of the scene's aggregator */
async function restarted(
  { dist, long, tally }: FaultBench,
  rounds: number,
  endpointsIn: (scene: FaultScene) => readonly string[],
): Promise<void> {
  await using scene = new FaultScene(dist);
  let { aggregator, endpoints } = await listening(scene, endpointsIn(scene));
  const ids = Array.from({ length: 8 }, (_, i) => `g${i}`);
  const producers = ids.map((id, i) =>
    scene.fedProducer(id, 500, [endpoints[i % endpoints.length] ?? "", "--wait", "60s"]),
  );
  // Otherwise the start of a sender would be measured as a slow return.
  while (!ids.every((id) => readFileSync(scene.output, "latin1").includes(`"${id}"`))) await lineArrived(aggregator);
  const reconnectsMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await lineArrived(aggregator);
    await scene.stop(aggregator);
    ({ aggregator } = await listening(scene, endpoints));
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
}

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
    const { aggregator } = await listening(scene, [`fifo=${fifo}`]);
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

/** Starts an aggregator. @returns it, and its endpoints with the ports that the kernel chose */
async function listening(
  scene: FaultScene,
  wanted: readonly string[],
): Promise<{ aggregator: FaultProgram; endpoints: readonly string[] }> {
  const endpoints: string[] = [];
  const args = [...wanted, "-o", scene.output, "--log-level", "error"];
  const aggregator = scene.launch(args, {}, ({ event, transport, address }) => {
    if (event === "listening") endpoints.push(`${transport}=${address}`);
  });
  await aggregator.until(() => endpoints.length === wanted.length, "it listened");
  return { aggregator, endpoints };
}

/** Asks for the ledger until it has a line. */
async function lineArrived(aggregator: FaultProgram): Promise<void> {
  for (;;) {
    aggregator.events.delete("stats");
    aggregator.kill("SIGUSR2");
    if (Number((await aggregator.event("stats"))["received"]) > 0) return;
  }
}
