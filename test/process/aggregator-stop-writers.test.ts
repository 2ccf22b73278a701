import { describe, expect, test } from "vitest";
import { temporaryAddress } from "../../src/addresses/temporary-address.ts";
import type { TransportName } from "../../src/core/transport-name.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { AggregatorProcess, accountOf, diagnostic, type Stopped } from "../support/aggregator-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { startWriter, type Written } from "../support/writer-process.ts";

/** As much as any disk takes: lines that it doesn't take in time are another matter. */
const PER_NAP = 20;

/** Stops an aggregator under two senders that write on, whatever they are told, until their kernel refuses. */
async function stopUnderWriters(name: TransportName): Promise<{ stopped: Stopped; written: readonly Written[] }> {
  const aggregator = await AggregatorProcess.start([temporaryAddress(name, temporaryDirectory()), "--check", "none"]);
  const start = () => startWriter(aggregator.endpoint(name), REGISTRY[name].traits.boundary, PER_NAP);
  const writers = [await start(), await start()];
  const stopped = await aggregator.stop();
  return { stopped, written: await Promise.all(writers.map((writer) => writer.written)) };
}

function total(written: readonly Written[]): number {
  return written.reduce((sum, { bytes }) => sum + bytes, 0);
}

describe.each(["unixsock", "unixgram", "fifo"] as const)("%s", (name) => {
  test("senders that write on while it stops lose nothing", async () => {
    const { stopped, written } = await stopUnderWriters(name);
    expect(accountOf(stopped.ledger, name)).toMatchObject({
      receivedBytes: total(written),
      cutSenders: 0,
      cutBytes: 0,
    });
    expect(stopped.stderr).toContain("none lost");
    expect(stopped.status).toBe(0);
  });
});

test("tcp: senders that ignore the FIN are cut, counted to the byte, and the exit status says so", async () => {
  const { stopped, written } = await stopUnderWriters("tcp");
  const { receivedBytes, cutSenders, cutBytes } = accountOf(stopped.ledger, "tcp");
  // Where the scheduler interrupts the aggregator between the count and the reset, it says that the number isn't known.
  if (cutBytes === null) expect(receivedBytes).toBeLessThan(total(written));
  else expect(receivedBytes + cutBytes).toBe(total(written));
  expect(stopped.ledger).toMatchObject({ cutSenders, cutBytes });
  // On a busy machine a sender may not get to write for so long that it is cut in between, with nothing lost.
  if (cutSenders === 0) expect(cutBytes).toBe(0);
  else expect(diagnostic(stopped, "warn")).toMatchObject({ cutSenders, cutBytes });
  expect(stopped.stderr.includes("none lost")).toBe(cutSenders === 0);
  expect(stopped.status).toBe(cutSenders === 0 ? 0 : 3);
});
