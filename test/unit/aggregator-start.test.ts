import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { Aggregator } from "../../src/aggregator/aggregator.ts";
import { announceEvents } from "../../src/cli/aggregator/events.ts";
import { openOutput } from "../../src/sink/open-output.ts";
import { NO_ROTATION } from "../../src/sink/rotation.ts";
import { expectOperational, rejectionOf } from "../support/failure.ts";
import { leftOver, openResources } from "../support/resources.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("a start that is refused leaves the output neither open nor locked", async () => {
  const directory = temporaryDirectory();
  const output = join(directory, "out.jsonl");
  const before = openResources();
  const refused = Aggregator.start(
    {
      endpoints: [{ transport: "unixsock", path: join(directory, "missing", "s") }],
      inherited: new Map(),
      output,
      mode: 0o600,
      durability: { mode: "ack" },
      rotation: { ...NO_ROTATION, bytesMax: 1000, compress: true },
      onFull: "wait",
      check: "json",
      lineBytesMax: 1000,
      queueBytesMax: 1_000_000,
      receiveBufferBytes: 1000,
      isThrottled: false,
      access: undefined,
      admission: undefined,
      senders: undefined,
      protection: { tls: undefined, insecure: false },
      connectionsMax: 1,
    },
    announceEvents({
      stream: process.stdout,
      isForPeople: false,
      log: pino({ level: "silent" }),
      isLogForPeople: false,
    }),
  );
  expectOperational(await rejectionOf(refused), "DIRECTORY_MISSING");
  expect(await leftOver(before)).toEqual([]);
  openOutput(output, { mode: 0o600, repaired() {} }).close();
});
