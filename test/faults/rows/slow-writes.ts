import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import type { FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { injecting, straceObstacle } from "../../support/fault-tools.ts";

const RSS_MB_MAX = 160;
const DELAY_US = 200_000;

/** A disk that takes 200 ms for every write, and four senders at full speed. */
export const slowWrites: FaultRow = {
  name: "200 ms for every write, 4 senders at full rate",
  unit: "seconds",
  ci: 5,
  long: 300,
  chunk: 60,
  obstacle: straceObstacle,

  async run(seconds, { dist, tally }) {
    await using scene = new FaultScene(dist);
    const under = injecting("write,writev", `delay_enter=${DELAY_US}`, scene.output);
    const aggregator = await scene.aggregate(["--durability", "interval", "--stats-interval", "250ms"], { under });
    const senders = ["r1", "r2", "r3", "r4"].map((id) => scene.plainSender("unixsock", id, "max"));
    await aggregator.until(() => paused(aggregator) > 0, "senders were held back");
    const end = Number(aggregator.events.get("stats")?.["seconds"]) + seconds;
    await aggregator.until(() => Number(aggregator.events.get("stats")?.["seconds"]) > end, "the time was over");
    tally.measure("rssMB", (Number(status(aggregator.pid, "VmHWM")) * 1024) / 1e6, RSS_MB_MAX);
    // Without the tracer there is no delay, so that the remaining lines don't take minutes.
    const tracer = Number(status(aggregator.pid, "TracerPid"));
    assert(tracer > 1, "nobody traces it"); // kill(2) takes 0 for the whole process group
    process.kill(tracer, "SIGKILL");
    const journals = await Promise.all(senders.map((sender) => sender.finish()));
    aggregator.events.delete("stats");
    await aggregator.until(() => drained(aggregator), "the queue was written");
    const ledger = await scene.stop(aggregator);
    await judge(tally, { files: outputFiles(scene.output), journals, ledger });
  },
};

interface Stats {
  readonly output: { readonly pausedSeconds: number; readonly bytesWritten: number };
  readonly transports: readonly { readonly receivedBytes: number }[];
}

function stats(aggregator: FaultProgram): Stats | undefined {
  const line = aggregator.events.get("stats");
  return line === undefined ? undefined : JSON.parse(JSON.stringify(line));
}

function paused(aggregator: FaultProgram): number {
  return stats(aggregator)?.output.pausedSeconds ?? 0;
}

/** Lines are stored as they came, so everything is written when the file has as many bytes. */
function drained(aggregator: FaultProgram): boolean {
  const { output, transports } = stats(aggregator) ?? { output: undefined, transports: [] };
  return output?.bytesWritten === transports.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
}

function status(pid: number, name: string): string | undefined {
  return new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
}
