import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import type { FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { injecting, straceObstacle } from "../../support/fault-tools.ts";

const RSS_BYTES_MAX = 160e6;
const DELAY_US = 200_000;

/** A disk that takes 200 ms for every write, and four senders that know no pause. */
export const slowWrites: FaultRow = {
  name: "200 ms for every write, 4 senders at full rate",
  unit: "seconds",
  ci: 5,
  long: 300,
  chunk: 60,
  obstacle: straceObstacle,

  async run(seconds, { dist }) {
    await using scene = new FaultScene(dist);
    const under = injecting("write,writev", `delay_enter=${DELAY_US}`, scene.output);
    const aggregator = await scene.aggregate(["--durability", "interval", "--stats-interval", "250ms"], { under });
    const ids = ["r1", "r2", "r3", "r4"];
    const producers = ids.map((id) =>
      scene.producer(`unixsock=${scene.socket}`, "--id", id, "--rate", "max", "--duration", `${seconds}s`),
    );
    await aggregator.until(() => paused(aggregator) > 0, "senders were held back");
    const end = Number(aggregator.events.get("stats")?.["seconds"]) + seconds;
    await aggregator.until(() => Number(aggregator.events.get("stats")?.["seconds"]) > end, "the time was over");
    const rssBytes = Number(status(aggregator.pid, "VmHWM")) * 1024;
    // The tracer takes its delay with it, so that the rest doesn't take minutes.
    const tracer = Number(status(aggregator.pid, "TracerPid"));
    assert(tracer > 1, "nobody traces it"); // kill(2) takes 0 for the whole process group
    process.kill(tracer, "SIGKILL");
    const done = await Promise.all(producers.map((producer) => producer.event("done")));
    await scene.stop(aggregator);
    const journals = ids.map((producer, i) => ({
      producer,
      run: String(done[i]?.["run"]),
      sent: Number(done[i]?.["sent"]) - 1,
      acked: Number(done[i]?.["sent"]) - 1,
    }));
    const { lines } = await judge(outputFiles(scene.output), journals);
    assert(rssBytes <= RSS_BYTES_MAX, `RSS ${rssBytes}`);
    return { seconds, lines, lost: 0, rssMBMax: rssBytes / 1e6 };
  },
};

function paused(aggregator: FaultProgram): number {
  const stats: { output?: { pausedSeconds: number } } = JSON.parse(
    JSON.stringify(aggregator.events.get("stats") ?? {}),
  );
  return stats.output?.pausedSeconds ?? 0;
}

function status(pid: number, name: string): string | undefined {
  return new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
}
