import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { temporaryAddress } from "../../src/addresses/temporary-address.ts";
import { isPathEndpoint } from "../../src/core/endpoint.ts";
import { TRANSPORT_NAMES, type TransportName } from "../../src/core/transport-name.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { AggregatorProcess, type Stopped } from "../support/aggregator-process.ts";
import { ProducerProcess } from "../support/producer-process.ts";
import { openRawSender } from "../support/raw-sender.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const PRODUCERS = 2;

function startOn(name: TransportName): Promise<AggregatorProcess> {
  return AggregatorProcess.start([temporaryAddress(name, temporaryDirectory())]);
}

function expectClean(aggregator: AggregatorProcess, name: TransportName, { ledger, status }: Stopped): void {
  const endpoint = aggregator.endpoint(name);
  if (isPathEndpoint(endpoint)) expect(existsSync(endpoint.path)).toBe(false);
  expect(ledger.stored).toBe(ledger.received);
  expect(status).toBe(ledger.kernelDrops === 0 ? 0 : 3);
}

/** The numbers of each producer's lines, in the order of the file. */
function seqsByProducer(lines: readonly string[]): Map<string, number[]> {
  const producers = new Map<string, number[]>();
  for (const line of lines) {
    const { producer, seq }: { producer: string; seq: number } = JSON.parse(line);
    const seqs = producers.get(producer);
    if (seqs === undefined) producers.set(producer, [seq]);
    else seqs.push(seq);
  }
  return producers;
}

describe.each(TRANSPORT_NAMES)("%s", (name) => {
  const { boundary, channel, overload } = REGISTRY[name].traits;

  test.each(["SIGTERM", "SIGINT"] as const)("%s: what the kernel had accepted before it is stored", async (signal) => {
    const aggregator = await startOn(name);
    // Stopped, it can't read: all that is written now waits in the kernel, with connections it hasn't seen.
    aggregator.kill("SIGSTOP");
    const senders = channel === "peer" ? 200 : 10;
    for (let i = 0; i < senders; i++) {
      const raw = openRawSender(aggregator.endpoint(name), boundary);
      raw.write(`{"sender":${i},"n":1}\n${boundary === "stream" ? `{"sender":${i},"n":2}\n` : ""}`);
      if (i % 2 === 0) raw.close();
    }
    aggregator.kill(signal);
    const stopped = await aggregator.stop("SIGCONT");
    expect(stopped.ledger).toMatchObject({ received: senders * (boundary === "stream" ? 2 : 1), kernelDrops: 0 });
    expectClean(aggregator, name, stopped);
    expect(aggregator.storedLines()).toHaveLength(stopped.ledger.stored);
  });

  test("stops in time while senders flood, and what it read is stored", async () => {
    const aggregator = await startOn(name);
    const { address } = aggregator.listening[0] ?? { address: "" };
    // One short line per write: as many iterations of the event loop as possible, and a file that can be read again.
    const flood = ["10", "--rate", "max", "--batch", "1", "--duration", "30s"];
    const producers = Array.from(
      { length: PRODUCERS },
      (_, i) => new ProducerProcess([`${name}=${address}`, ...flood, "--id", `p${i}`]),
    );
    await aggregator.grown(1_000_000);
    const stopped = await aggregator.stop();
    for (const producer of producers) producer.kill("SIGKILL");
    expect(stopped.ledger.received).toBeGreaterThan(0);
    expectClean(aggregator, name, stopped);
    const lines = aggregator.storedLines();
    expect(lines.length).toBe(stopped.ledger.stored);
    // The stop may come in the middle of a line: what was read of it is kept, one such line per connection at most.
    const whole = lines.filter((line) => !line.startsWith('{"_raw":'));
    expect(lines.length - whole.length).toBeLessThanOrEqual(channel === "peer" ? PRODUCERS : 0);
    for (const [producer, seqs] of seqsByProducer(whole)) {
      const ascending = seqs.every((seq, i) => i === 0 || seq > (seqs[i - 1] ?? 0));
      expect(ascending, `${producer}'s lines in order, none twice`).toBe(true);
      // Nobody drops: what is stored of a producer is all it sent up to some line.
      if (overload === "blocks") expect(seqs.at(-1)).toBe(seqs.length - 1);
    }
  });
});

test("all transports stop in time together", async () => {
  const directory = temporaryDirectory();
  const aggregator = await AggregatorProcess.start(TRANSPORT_NAMES.map((name) => temporaryAddress(name, directory)));
  for (const name of TRANSPORT_NAMES) {
    openRawSender(aggregator.endpoint(name), REGISTRY[name].traits.boundary).write("{}\n");
  }
  expect((await aggregator.stop()).ledger).toMatchObject({
    received: TRANSPORT_NAMES.length,
    stored: TRANSPORT_NAMES.length,
  });
});
