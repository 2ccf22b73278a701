import { expect, onTestFinished, test } from "vitest";
import { JetStreamEngine } from "../../src/forwarder/engines/jetstream/jetstream-engine.ts";
import { rejectionOf } from "../support/failure.ts";
import { NatsCluster } from "../support/nats/nats-cluster.ts";
import { WITHOUT_NATS } from "../support/nats/nats-programs.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("what a server says of a stream that has no leader is not taken for the stream's end", async (context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
  const cluster = await NatsCluster.start({ servers: 3, directory: temporaryDirectory() });
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  await cluster.createStream("LOGS");
  const leader = await cluster.leader("LOGS");
  const [left, ...others] = cluster.nodes.filter((node) => node !== leader);
  await Promise.all([leader, ...others].map((node) => node.kill()));
  // Until it has noticed that nobody leads, it doesn't answer.
  await cluster.ask(async (manager) => expect((await manager.streams.info("LOGS")).cluster?.leader).toBeUndefined());
  const engine = new JetStreamEngine({
    servers: [left?.address ?? ""],
    stream: "LOGS",
    subject: "logs.h",
    host: "h",
    isExclusive: true,
    createStream: undefined,
    credentials: {},
    compression: undefined,
  });
  onTestFinished(() => engine.close());
  expect(await rejectionOf(engine.open())).toMatchObject({
    remedy: "retry",
    message: expect.stringContaining("the stream has no leader just now"),
  });
});
