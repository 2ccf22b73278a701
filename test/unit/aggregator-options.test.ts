import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type AggregatorOptions, createAggregator } from "../../src/aggregator/create-aggregator.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test.each([
  [{ durability: { mode: "always" } }, "durability.mode is always; pass none, interval or ack"],
  [{ durability: { mode: "interval" } }, "durability.intervalMs is undefined; pass milliseconds above 0"],
  [{ onFull: "Exit" }, "onFull is Exit; pass wait or exit"],
  [{ check: "jsn" }, "check is jsn; pass json, shape or none"],
  [{ latency: "high" }, "latency is high; pass balanced or low"],
])("%j of a program without types is refused before the output is opened", async (options, message) => {
  const directory = temporaryDirectory();
  const output = join(directory, "app.jsonl");
  const all = { listen: [`unixsock=${join(directory, "socket")}`], output, ...options } as unknown as AggregatorOptions;
  // One that was accepted would go on listening.
  const refused = createAggregator(all).then((aggregator) => aggregator.close());
  await expect(refused).rejects.toMatchObject({ code: "USAGE", message });
  expect(existsSync(output)).toBe(false);
});

test("connections are shared by the endpoints that have them, and all others leave them alone", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "stream");
  const listen = [`unixsock=${path}`, `unixgram=${join(directory, "gram")}`, `fifo=${join(directory, "fifo")}`];
  const output = join(directory, "app.jsonl");
  await using aggregator = await createAggregator({ listen, output, connectionsMax: 1 });
  const [socket, second] = [connect(path), connect(path)];
  onTestFinished(() => void socket.destroy());
  await Promise.all([once(socket, "connect"), once(second.resume(), "close")]);
  expect(aggregator.status().senders).toBe(1);
});

test("less than a connection for each of them is a usage error", async () => {
  const directory = temporaryDirectory();
  const listen = [`unixsock=${join(directory, "socket")}`, "tcp=:0"];
  const refused = createAggregator({ listen, output: join(directory, "app.jsonl"), connectionsMax: 1 });
  const message = "connectionsMax is 1 with 2 endpoints that have connections; pass at least 2";
  await expect(refused.then((aggregator) => aggregator.close())).rejects.toMatchObject({ code: "USAGE", message });
});
