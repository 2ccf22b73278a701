import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { expect, onTestFinished, test } from "vitest";
import { headersOf } from "../../src/forwarder/engines/jetstream/headers.ts";
import { JetStreamEngine } from "../../src/forwarder/engines/jetstream/jetstream-engine.ts";
import { NatsServer, WITHOUT_NATS } from "../support/nats-server.ts";

const BLOCKS = 120_000;
const BLOCK_BYTES = 10;
/** A server drops messages that come faster than it stores them; so many it takes at once. */
const BATCH = 2000;

/** Stores the headers of blocks of one file that follow one another, as one message each. */
async function fill(server: NatsServer, file: string): Promise<void> {
  const connection = await connect({ servers: server.address, noAsyncTraces: true });
  onTestFinished(() => connection.close());
  const client = jetstream(connection);
  for (let n = 0; n < BLOCKS; n++) {
    const bytes = Buffer.alloc(BLOCK_BYTES);
    const block = { file, offset: n * BLOCK_BYTES, bytes, lines: 1, crc: 0, generation: 0 };
    const { headers } = headersOf(block, { host: "h", encoding: undefined });
    if ((n + 1) % BATCH === 0) await client.publish("logs.h", undefined, { headers });
    else connection.publish("logs.h", undefined, { headers });
  }
}

/** All blocks count. */
const isThere = (): boolean => true;

test("120,000 blocks at the stream's end are listed as one run", async (context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  await fill(server, "0000000000000000");
  const engine = new JetStreamEngine({
    servers: [server.address],
    stream: "LOGS",
    subject: "logs.h",
    host: "h",
    isExclusive: false,
    createStream: undefined,
    credentials: {},
    compression: undefined,
  });
  onTestFinished(() => engine.close());
  await engine.open();
  const all = { file: "0000000000000000", offset: 0, length: BLOCKS * BLOCK_BYTES, lines: BLOCKS, blocks: BLOCKS };
  const numbers = { first: 1, sequence: BLOCKS };
  const after = await engine.stored({ sequence: 0, from: new Set(), files: new Set(["0000000000000000"]), isThere });
  expect(after).toEqual({ hasLostItsEnd: false, sequence: BLOCKS, runs: [{ ...all, ...numbers }] });
  // Nothing of this file is there, so the whole stream is looked at.
  const none = await engine.stored({
    sequence: BLOCKS + 1,
    from: new Set(["ffffffffffffffff"]),
    files: new Set(["ffffffffffffffff"]),
    isThere,
  });
  expect(none).toEqual({ hasLostItsEnd: true, sequence: BLOCKS, runs: [] });
});
