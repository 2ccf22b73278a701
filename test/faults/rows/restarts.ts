import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import type { FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { missing } from "../../support/fault-tools.ts";

const OPENERS = fileURLToPath(new URL("../../support/python/fifo_openers.py", import.meta.url));
const RECONNECT_MS = 100;

interface Unsent {
  readonly tooLong: number;
  readonly refused: number;
  readonly broken: number;
}

/** An aggregator that is stopped and started again and again under datagram senders, which have to find it anew. */
export const unixgramRestarts: FaultRow = {
  name: "unixgram: restarts under 8 senders",
  unit: "restarts",
  ci: 100,
  long: 200,
  chunk: 100,
  obstacle: () => undefined,

  async run(rounds, { dist }) {
    await using scene = new FaultScene(dist);
    const endpoint = `unixgram=${join(scene.directory, "g")}`;
    let aggregator = await listening(scene, endpoint);
    const ids = Array.from({ length: 8 }, (_, i) => `g${i}`);
    const producers = ids.map((id) => scene.producer(endpoint, "--id", id, "--rate", "500", "--wait", "60s"));
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
    }
    for (const producer of producers) producer.kill("SIGTERM");
    const journals = await Promise.all(
      producers.map(async (producer, i) => {
        const done = await producer.event("done");
        const { tooLong, refused, broken }: Unsent = JSON.parse(JSON.stringify(done["unsent"]));
        assert.equal(tooLong + refused, 0);
        // A line whose sending was cut off by the signal is the last one; it may have arrived or not.
        assert(broken <= 1, `${broken} lines broken`);
        const last = Number(done["sent"]) - 1;
        return { producer: ids[i] ?? "", run: String(done["run"]), sent: last + broken, acked: last };
      }),
    );
    await scene.stop(aggregator);
    const { lines, duplicates } = await judge(outputFiles(scene.output), journals);
    assert.equal(duplicates, 0);
    const median = reconnectsMs.sort((a, b) => a - b)[Math.floor(reconnectsMs.length / 2)] ?? 0;
    assert(median <= RECONNECT_MS, `senders came back after ${median} ms (median)`);
    return { restarts: rounds, lines, lost: 0, reconnectMedianMsMax: median, reconnectMsMax: reconnectsMs.at(-1) ?? 0 };
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

  async run(rounds, { dist }) {
    await using scene = new FaultScene(dist);
    const fifo = join(scene.directory, "f");
    const aggregator = await listening(scene, `fifo=${fifo}`);
    const openers = scene.program(["python3", OPENERS, fifo, "16", String(rounds)]);
    assert.equal((await openers.ended).status, 0, openers.stderr);
    await scene.stop(aggregator);
    const last = Math.floor(rounds / 16) - 1;
    const journals = Array.from({ length: 16 }, (_, i) => ({ producer: `w${i}`, sent: last, acked: last }));
    const { lines, duplicates } = await judge(outputFiles(scene.output), journals);
    assert.equal(duplicates, 0);
    return { opens: lines, lost: 0, torn: 0 };
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
    aggregator.kill("SIGUSR1");
    if (Number((await aggregator.event("stats"))["received"]) > 0) return;
  }
}
