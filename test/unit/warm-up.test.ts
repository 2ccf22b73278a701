import { openSync } from "node:fs";
import { expect, test } from "vitest";
import { Acknowledgements } from "../../src/acks/receiving/acknowledgements.ts";
import { Throttle } from "../../src/aggregator/throttle.ts";
import { warmUp } from "../../src/aggregator/warm-up.ts";
import { TailBudget } from "../../src/framing/tail-budget.ts";
import { Normalizer } from "../../src/records/normalizer.ts";
import { FileSink } from "../../src/sink/file-sink.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { leftOver, openResources } from "../support/resources.ts";
import { plainOutput, sinkOptions } from "../support/sink.ts";

test("a road that was walked to warm it up has taken no line, and nothing is left open", async () => {
  const fd = openSync("/dev/null", "w");
  const sink = new FileSink(plainOutput(fd), sinkOptions("/dev/null"));
  const lineBytesMax = 1024;
  const tails = new TailBudget(1024);
  const acknowledgements = new Acknowledgements(sink, { durability: "none", lineBytesMax });
  const road = {
    lineBytesMax,
    tails,
    normalizer: new Normalizer("json"),
    sink,
    throttle: new Throttle(true),
    acknowledgements,
  };
  const before = openResources();
  await warmUp(Object.values(REGISTRY), road);
  expect(await leftOver(before)).toEqual([]);
  expect(sink.stats()).toMatchObject({ linesAppended: 0, bytesAppended: 0 });
  expect(tails.bytes).toBe(0);
  await sink.close();
});
