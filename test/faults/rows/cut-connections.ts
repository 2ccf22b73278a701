import { judge, outputFiles } from "../../support/fault-judge.ts";
import { type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { missing } from "../../support/fault-tools.ts";

/**
 * Connections of acknowledged senders that break while the aggregator keeps running: it knows which lines it has
 * received, so that no line is lost and none is stored twice.
 */
export const cutConnections: FaultRow = {
  name: "connections of acknowledged senders cut, aggregator unharmed",
  unit: "cuts",
  ci: 100,
  long: 5000,
  chunk: 500,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, { dist, random, tally }) {
    await using scene = new FaultScene(dist);
    const aggregator = await scene.aggregate(["--durability", "interval"]);
    const senders = [
      scene.sender("unixsock", "u1"),
      scene.sender("unixsock", "u2", { window: 20, padBytes: 300 }),
      scene.sender("tcp", "t1"),
      scene.sender("tcp", "t2", { window: 20, padBytes: 300 }),
    ];
    for (let round = 0; round < rounds; round++) {
      const sender = senders[round % senders.length];
      await sender?.progress(pick(random, 1, 300));
      sender?.breakConnection();
      tally.add("cuts");
    }
    await Promise.all(senders.map((sender) => sender.finish()));
    const ledger = await scene.stop(aggregator);
    await judge(tally, { files: outputFiles(scene.output), journals: senders, ledger });
  },
};
