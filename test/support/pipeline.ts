import { openSync } from "node:fs";
import { Acknowledgements } from "../../src/acks/receiving/acknowledgements.ts";
import { Pipeline } from "../../src/aggregator/pipeline.ts";
import { Throttle } from "../../src/aggregator/throttle.ts";
import type { TransportName } from "../../src/core/transport-name.ts";
import { TailBudget } from "../../src/framing/tail-budget.ts";
import { Normalizer } from "../../src/records/normalizer.ts";
import { FileSink } from "../../src/sink/file-sink.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { plainOutput, sinkOptions } from "./sink.ts";

/**
 * The pipeline of an aggregator's source on that transport, into a file. It detects HTTP requests if `reportRequest` is
 * given.
 */
export function pipelineOf(
  name: TransportName,
  path = "/dev/null",
  reportRequest?: () => void,
): { pipeline: Pipeline; sink: FileSink } {
  const sink = new FileSink(plainOutput(openSync(path, "w")), sinkOptions(path));
  const lineBytesMax = 1024;
  const shared = {
    lineBytesMax,
    tails: new TailBudget(1024 * 1024),
    normalizer: new Normalizer("json"),
    sink,
    throttle: new Throttle(false),
    acknowledgements: new Acknowledgements(sink, { durability: "none", lineBytesMax }),
  };
  return { pipeline: new Pipeline(REGISTRY[name], shared, { reportRequest }), sink };
}
