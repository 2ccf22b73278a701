import { readdirSync } from "node:fs";
import { setImmediate as nextIteration } from "node:timers/promises";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import { type FaultBench, type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";

const ROTATING = ["--rotate-size", "512KiB", "--rotate-compress", "gzip"];
const KEEP = 2;
/** Long enough, even on a busy machine, for an aggregator to rotate and compress. */
const PATIENCE_MS = 10_000;

/** An aggregator that is killed again and again while it compresses what it has rotated. */
export const crashLoop: FaultRow = {
  name: "kill -9 while rotated files are compressed, with and without a limit on their number",
  unit: "kills",
  ci: 16,
  long: 400,
  chunk: 40,
  obstacle: () => undefined,

  async run(rounds, bench) {
    await keepAll(Math.ceil(rounds / 2), bench);
    await keepSome(Math.floor(rounds / 2), bench);
  },
};

/** No line is lost or stored twice. At the end all files are compressed, and no partial file is left. */
async function keepAll(rounds: number, { dist, random, tally }: FaultBench): Promise<void> {
  await using scene = new FaultScene(dist);
  let aggregator = await scene.aggregate(ROTATING);
  const senders = [
    scene.sender("unixsock", "u", { window: 500, padBytes: 1000 }),
    scene.sender("tcp", "t", { window: 500, padBytes: 1000 }),
  ];
  for (let round = 0; round < rounds; round++) {
    await Promise.all(senders.map((sender) => sender.progress(pick(random, 1, 1000))));
    if (random() < 0.5) await compressing(scene);
    await kill(aggregator);
    tally.add("kills");
    aggregator = await scene.aggregate(ROTATING);
  }
  await Promise.all(senders.map((sender) => sender.finish()));
  await tidied(scene);
  await scene.stop(aggregator);
  const files = outputFiles(scene.output);
  for (const name of readdirSync(scene.directory)) {
    tally.fault("partial files left").check(!name.endsWith(".part"), () => name);
  }
  for (const file of files.slice(0, -1)) {
    tally.fault("not compressed").check(file.endsWith(".gz"), () => file);
  }
  await judge(tally, { files, journals: senders, repeats: "allowed" });
  tally.add("files", files.length);
}

/**
 * Whenever a sender can connect, there are no more files than the limit allows, and no partial file of an earlier
 * process.
 */
async function keepSome(rounds: number, { dist, random, tally }: FaultBench): Promise<void> {
  await using scene = new FaultScene(dist);
  const args = [...ROTATING, "--rotate-keep", String(KEEP)];
  let aggregator = await scene.aggregate(args);
  const sender = scene.sender("unixsock", "u", { window: 500, padBytes: 1000 });
  for (let round = 0; round < rounds; round++) {
    await sender.progress(pick(random, 1000, 3000));
    await kill(aggregator);
    tally.add("kills");
    // Nobody sends while files are counted, because during a rotation one more is allowed.
    sender.program.kill("SIGSTOP");
    aggregator = await scene.aggregate(args);
    const kept = outputFiles(scene.output).length - 1;
    tally.fault("more kept than asked for").check(kept <= KEEP, () => `${kept} after kill ${round}`);
    const partial = partialFiles(scene);
    // One may be in the making.
    tally.fault("partial files left").check(partial.length <= 1, () => partial.join());
    sender.program.kill("SIGCONT");
  }
  await sender.finish();
  await scene.stop(aggregator);
}

async function kill(aggregator: FaultProgram): Promise<void> {
  aggregator.kill("SIGKILL");
  await aggregator.ended;
}

function partialFiles(scene: FaultScene): string[] {
  return readdirSync(scene.directory).filter((name) => name.endsWith(".part"));
}

async function compressing(scene: FaultScene): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (partialFiles(scene).length === 0 && performance.now() < end) await nextIteration();
}

/** Waits until nothing is left to compress, for a limited time: what is left then counts as a fault. */
async function tidied(scene: FaultScene): Promise<void> {
  const isTidy = (): boolean =>
    outputFiles(scene.output)
      .slice(0, -1)
      .every((file) => file.endsWith(".gz"));
  const end = performance.now() + PATIENCE_MS;
  while (!isTidy() && performance.now() < end) await nextIteration();
}
