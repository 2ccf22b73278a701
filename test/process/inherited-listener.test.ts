import { writeSync } from "node:fs";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { parseEndpoint } from "../../src/addresses/endpoint-argument.ts";
import type { Endpoint } from "../../src/core/endpoint.ts";
import type { TransportName } from "../../src/core/transport-name.ts";
import { adoptDescriptor } from "../../src/os/inherited-descriptor.ts";
import { duplicate } from "../../src/os/socket-options.ts";
import { pathRulesOf, REGISTRY } from "../../src/transports/registry.ts";
import type { AnyTransport, Listener } from "../../src/transports/transport.ts";
import { PassedSockets } from "../support/passed-sockets.ts";
import { openRawSender, type RawSender } from "../support/raw-sender.ts";
import { Recorder, recordingOptions } from "../support/recorder.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let sockets: PassedSockets;
beforeEach(() => {
  sockets = new PassedSockets(temporaryDirectory());
  onTestFinished(() => sockets[Symbol.dispose]());
});

function endpointOf(transport: TransportName): Endpoint {
  return parseEndpoint(sockets.endpoint(transport), pathRulesOf, () => {
    throw new Error("an endpoint without an address");
  });
}

/** Another listener on the socket that the test holds, as the next run of a program is. */
async function listen(name: TransportName): Promise<{ listener: Listener; recorder: Recorder }> {
  const recorder = new Recorder();
  const transport: AnyTransport = REGISTRY[name];
  const inherited = duplicate(sockets.all.get(name)?.fd ?? -1);
  adoptDescriptor(inherited);
  const options = recordingOptions(recorder, { inherited });
  const listener = transport.createListener(endpointOf(name), options);
  onTestFinished(() => listener.close());
  await listener.listen();
  return { listener, recorder };
}

function sender(name: TransportName): RawSender {
  return openRawSender(endpointOf(name), REGISTRY[name].traits.boundary);
}

test.each<[TransportName, object]>([
  ["unixsock", { unit: "connections", count: 2 }],
  ["tcp", { unit: "connections", count: 2 }],
  ["unixgram", { unit: "messages", count: null }],
  ["udp", { unit: "messages", count: null }],
  ["fifo", { unit: "bytes", count: 10 }],
])("%s: what comes after the stop is left to the next reader, and counted as far as possible", async (name, left) => {
  const { listener, recorder } = await listen(name);
  const early = sender(name);
  early.write("early\n");
  await recorder.until(() => recorder.text === "early\n");
  early.close();
  // In this iteration of the event loop the listener can't have noticed what comes now.
  const late = [sender(name), sender(name)];
  for (const each of late) each.write("late\n");
  await listener.close();
  expect(recorder.text).toBe("early\n");
  expect(listener.stats()).toMatchObject({ cutSenders: 0, cutBytes: 0, kernelDrops: 0, leftInQueue: left });
  // Nobody reads now, and new senders aren't refused.
  sender(name).write("between\n");
  const next = await listen(name);
  await next.recorder.until(() => next.recorder.text === "late\nlate\nbetween\n");
  await next.listener.close();
  expect(next.listener.stats().leftInQueue?.count).toBe(0);
});

test("fifo: a line that has begun is read to its end at the stop, and nothing after it", async () => {
  const { listener, recorder } = await listen("fifo");
  const { fd } = sockets.all.get("fifo") ?? { fd: -1 };
  writeSync(fd, "first\nsecond, not ");
  await recorder.until(() => recorder.text === "first\nsecond, not ");
  writeSync(fd, "complete\nthird\n");
  await listener.close();
  expect(recorder.text).toBe("first\nsecond, not complete\n");
  expect(listener.stats().leftInQueue).toEqual({ unit: "bytes", count: 6 });
});

test("fifo: a line whose end never comes doesn't prevent the stop", async () => {
  const { listener, recorder } = await listen("fifo");
  writeSync(sockets.all.get("fifo")?.fd ?? -1, "unfinished");
  await recorder.until(() => recorder.text === "unfinished");
  await listener.close();
  expect(recorder.ended).toBe(1);
});

test.each<TransportName>(["unixsock", "tcp"])("%s: what accepted senders wrote is read at the stop", async (name) => {
  const { listener, recorder } = await listen(name);
  const accepted = sender(name);
  accepted.write("one\n");
  await recorder.until(() => recorder.text === "one\n");
  accepted.write("two\n");
  accepted.close();
  await listener.close();
  expect(recorder.text).toBe("one\ntwo\n");
  expect(listener.stats()).toMatchObject({ senders: 0, cutBytes: 0 });
});

test("udp: drops of earlier runs are reported at the start, and not counted again", async () => {
  const { fd } = sockets.all.get("udp") ?? { fd: -1 };
  const flood = sender("udp");
  // Datagrams of 8 KiB fill any default buffer: the kernel drops those that don't fit.
  for (let i = 0; i < 2000; i++) flood.write(`${"x".repeat(8000)}\n`);
  const inherited = duplicate(fd);
  adoptDescriptor(inherited);
  const recorder = new Recorder();
  const listener = REGISTRY.udp.createListener(
    { transport: "udp", host: "127.0.0.1", port: 1 },
    recordingOptions(recorder, { inherited }),
  );
  onTestFinished(() => listener.close());
  const { earlierDrops } = await listener.listen();
  expect(earlierDrops).toBeGreaterThan(0);
  expect(listener.stats().kernelDrops).toBe(0);
});
