import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultBench, FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { FaultTmpfs, tmpfsObstacle } from "../../support/fault-tmpfs.ts";
import { missing } from "../../support/fault-tools.ts";
import { fill, ledgerShows, peakBytes, stalled } from "./full-disk.ts";

const BRIEF = fileURLToPath(new URL("../../support/python/brief_senders.py", import.meta.url));
const SENDERS = { short: 1000, long: 3000 };
/** How much the kernel accepts from a sender that is not read. */
const LINES = 150;
const LINE_BYTES = 1000;
/** `--queue-bytes`, and the memory of a busy aggregator. A chunk of each sender would be 150 MB and more. */
const RSS_MB_MAX = 170;

/** A crowd of senders at a full disk. Each would bring one chunk more than the queue may contain. */
export const fullDiskCrowd: FaultRow = {
  name: "1,000 (long form 3,000) senders that come, write and leave at a full disk",
  unit: "runs",
  ci: 1,
  long: 10,
  chunk: 1,
  obstacle: () => tmpfsObstacle() ?? missing("python3", "--version"),

  async run(rounds, bench) {
    for (let round = 0; round < rounds; round++) await atFullDisk(bench);
  },
};

async function atFullDisk({ dist, long, tally }: FaultBench): Promise<void> {
  const senders = SENDERS[long ? "long" : "short"];
  await using scene = new FaultScene(dist);
  await using disk = await FaultTmpfs.mount(scene.directory, 2 * senders * LINES * LINE_BYTES);
  const output = join(disk.inside, "out.jsonl");
  const ballast = join(disk.outside, "ballast");
  const aggregator = await scene.aggregate(["--durability", "none", "-o", output], { under: disk.enter });
  fill(ballast);
  const crowd = scene.program(["python3", BRIEF, scene.socket, String(senders), String(LINES)]);
  await stalled(aggregator);
  await crowd.event("left");
  tally.add("senders", senders);
  tally.measure("rssMB", peakBytes(aggregator.pid) / 1e6, RSS_MB_MAX);
  rmSync(ballast);
  const last = LINES - 1;
  const journals = Array.from({ length: senders }, (_, n) => ({ producer: `brief${n}`, sent: last, acked: last }));
  await ledgerShows(aggregator, ({ stored }) => Number(stored) === senders * LINES);
  const ledger = await scene.stop(aggregator);
  await judge(tally, { files: outputFiles(join(disk.outside, "out.jsonl")), journals, ledger });
}
