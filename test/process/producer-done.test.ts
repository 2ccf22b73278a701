import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { upTo } from "../support/produced-lines.ts";
import { ProducerProcess, summaryOf } from "../support/producer-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const RESTARTS = 4;
/** Far less than a fifth of what the producers send. */
const RESTART_BYTES = 1_500_000;

/** The numbers of a producer's whole lines in the order of the file. A line that was cut by the stop is there in part as well, wrapped. */
function storedSeqs(aggregator: AggregatorProcess, id: string): number[] {
  return aggregator
    .storedLines()
    .map((line): { producer?: string; seq?: number } => JSON.parse(line))
    .flatMap(({ producer, seq }) => (producer === id && seq !== undefined ? [seq] : []));
}

describe.each(["unixsock", "tcp"] as const)("%s", (name) => {
  const addressIn = (directory: string): string => (name === "tcp" ? "127.0.0.1:0" : join(directory, "s"));

  /** Starts another aggregator in the place of one that has ended. */
  function again(before: AggregatorProcess): Promise<AggregatorProcess> {
    return AggregatorProcess.start([`${name}=${before.listening[0]?.address}`], { cwd: before.cwd });
  }

  async function start(): Promise<AggregatorProcess> {
    const cwd = temporaryDirectory();
    return AggregatorProcess.start([`${name}=${addressIn(cwd)}`], { cwd });
  }

  function produce({ listening }: AggregatorProcess, ...more: string[]): ProducerProcess {
    return new ProducerProcess([`${name}=${listening[0]?.address}`, "--wait", "30s", ...more]);
  }

  test("an aggregator's restarts cost nothing and double nothing, and the producer says so", async () => {
    let aggregator = await start();
    const counts = new Map([
      ["paced", { count: 6000, rate: "2000" }],
      ["quick", { count: 60_000, rate: "20000" }],
    ]);
    const producers = [...counts].map(([id, { count, rate }]) =>
      produce(aggregator, "--id", id, "--rate", rate, "-n", String(count)),
    );
    for (let restart = 1; restart <= RESTARTS; restart++) {
      await aggregator.grown(RESTART_BYTES * restart);
      expect((await aggregator.stop()).status).toBe(0);
      aggregator = await again(aggregator);
    }
    const finished = await Promise.all(producers.map((producer) => producer.finished));
    await aggregator.stop();
    for (const [i, [id, { count }]] of [...counts].entries()) {
      const { sent, unsent } = summaryOf(finished[i] ?? { status: null, stdout: "", stderr: "" });
      const none = { tooLong: 0, refused: 0, broken: 0, inDoubt: 0, unacknowledged: 0 };
      expect({ id, sent, ...unsent }).toEqual({ id, sent: count, ...none });
      expect(storedSeqs(aggregator, id)).toEqual(upTo(count));
    }
  });
});
