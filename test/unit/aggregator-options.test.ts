import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type AggregatorOptions, createAggregator } from "../../src/aggregator/create-aggregator.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test.each([
  [{ durability: { mode: "always" } }, "durability.mode is always; pass none, interval or ack"],
  [{ durability: { mode: "interval" } }, "durability.intervalMs is undefined; pass milliseconds above 0"],
  [{ onFull: "Exit" }, "onFull is Exit; pass wait or exit"],
  [{ check: "jsn" }, "check is jsn; pass json, shape or none"],
  [{ latency: "high" }, "latency is high; pass balanced or low"],
])("%j of a program without types is refused before the output is opened", async (options, message) => {
  const directory = temporaryDirectory();
  const output = join(directory, "app.jsonl");
  const all = { listen: [`unixsock=${join(directory, "socket")}`], output, ...options } as unknown as AggregatorOptions;
  // One that was accepted would go on listening.
  const refused = createAggregator(all).then((aggregator) => aggregator.close());
  await expect(refused).rejects.toMatchObject({ code: "USAGE", message });
  expect(existsSync(output)).toBe(false);
});
