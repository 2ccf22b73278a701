import { openSync } from "node:fs";
import { Acknowledgements } from "../../src/acks/receiving/acknowledgements.ts";
import { Intake } from "../../src/aggregator/pipeline.ts";
import { Pacing } from "../../src/aggregator/throttle.ts";
import type { TransportName } from "../../src/core/transport-name.ts";
import { TailBudget } from "../../src/framing/tail-budget.ts";
import { Admission } from "../../src/records/admission.ts";
import { FileSink } from "../../src/sink/file-sink.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { plainOutput, sinkOptions } from "./sink.ts";

/** The pipeline of an aggregator's listener on that transport, into a file; HTTP requests are looked for where `told` is given. */
export function intakeOf(
  name: TransportName,
  path = "/dev/null",
  told?: () => void,
): { intake: Intake; sink: FileSink } {
  const sink = new FileSink(plainOutput(openSync(path, "w")), sinkOptions(path));
  const lineBytesMax = 1024;
  const shared = {
    lineBytesMax,
    tails: new TailBudget(1024 * 1024),
    admission: new Admission("json"),
    sink,
    pacing: new Pacing(false),
    acknowledgements: new Acknowledgements(sink, { durability: "none", lineBytesMax }),
  };
  return { intake: new Intake(REGISTRY[name], shared, told), sink };
}
