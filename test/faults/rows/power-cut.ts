import { join } from "node:path";
import { ext4Obstacle, FaultExt4 } from "../../support/fault-ext4.ts";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import { type FaultBench, type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { Tally } from "../../support/fault-tally.ts";

/** Power cuts while acknowledged senders send. What was acknowledged must be on the disk afterwards. */
export const powerCut: FaultRow = {
  name: "power cut (ext4 shut down)",
  unit: "cuts",
  ci: 5,
  long: 200,
  chunk: 5,
  obstacle: ext4Obstacle,

  async run(rounds, bench) {
    await cutRepeatedly(rounds, bench, "ack");
  },
};

/** The same without fsync. Lines must be lost here, otherwise the row above proves nothing. */
export const powerCutControl: FaultRow = {
  name: "power cut, control without fsync",
  unit: "cuts",
  ci: 1,
  long: 5,
  chunk: 1,
  obstacle: ext4Obstacle,

  async run(rounds, bench) {
    const tally = new Tally();
    await cutRepeatedly(rounds, { ...bench, tally }, "none");
    const { found } = tally.fault("lost");
    bench.tally.add("lost without fsync", found);
    bench.tally.fault("loss unnoticed").check(found > 0, () => `of ${tally}`);
  },
};

async function cutRepeatedly(rounds: number, { dist, random, tally }: FaultBench, durability: string): Promise<void> {
  await using scene = new FaultScene(dist);
  using disk = new FaultExt4(scene.directory);
  disk.mount();
  const output = join(disk.directory, "out.jsonl");
  const args = ["-o", output, "--rotate-size", "1MiB", "--rotate-compress", "gzip", "--durability", durability];
  let aggregator = await scene.aggregate(args);
  const senders = [scene.sender("unixsock", "u"), scene.sender("tcp", "t", { window: 50, padBytes: 300 })];
  for (let round = 0; round < rounds; round++) {
    await Promise.all(senders.map((sender) => sender.progress(pick(random, 1, 3000))));
    disk.cutPower(aggregator.pid);
    tally.add("cuts");
    aggregator.kill("SIGKILL");
    await aggregator.ended;
    disk.unmount();
    disk.mount();
    aggregator = await scene.aggregate(args);
  }
  await Promise.all(senders.map((sender) => sender.finish()));
  await scene.stop(aggregator);
  await judge(tally, { files: outputFiles(output), journals: senders, repeats: "allowed" });
  disk.unmount();
}
