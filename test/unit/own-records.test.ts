import { openSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OwnRecords } from "../../src/aggregator/own-records.ts";
import { FileSink } from "../../src/sink/file-sink.ts";
import { plainOutput, sinkOptions } from "../support/sink.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test.each([
  ["takes nothing", "/dev/full", 3],
  ["takes everything", undefined, 0],
])("records of the aggregator's own are no lines, where the file %s", async (_, full, unwritten) => {
  const path = full ?? join(temporaryDirectory(), "out");
  const sink = new FileSink(plainOutput(openSync(path, "w")), { ...sinkOptions(path), closeMsMax: 50 });
  const own = new OwnRecords(sink);
  for (const lines of [2, 1]) {
    sink.append(Buffer.from("{}\n".repeat(lines)), lines);
    own.append(Buffer.from('{"suppressed":1}\n'));
  }
  await sink.close();
  expect(sink.stats().linesUnwritten - own.unwritten).toBe(unwritten);
  expect(sink.stats().linesAppended).toBe(3);
});
