import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";

test("ps shows a command's name, and its arguments", async () => {
  const aggregator = await AggregatorProcess.start(["unixsock=x.sock", "--check", "none"]);
  expect(readFileSync(`/proc/${aggregator.pid}/comm`, "utf8")).toBe("aggregator\n");
  const words = readFileSync(`/proc/${aggregator.pid}/cmdline`, "utf8").split("\0");
  expect(words.slice(2, -1)).toEqual(["unixsock=x.sock", "--check", "none"]);
  await aggregator.stop();
});
