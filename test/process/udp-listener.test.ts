import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { isPathEndpoint } from "../../src/core/endpoint.ts";
import { RECEIVE_BATCH_MESSAGES } from "../../src/core/tuning.ts";
import { SOCK_DGRAM } from "../../src/os/constants.ts";
import { dropsInTable, UdpDrops } from "../../src/os/udp-drops.ts";
import { bindInet, inetSocket } from "../../src/transports/shared/inet-bind.ts";
import type { Listener, ListenerSettings } from "../../src/transports/transport.ts";
import { createListener } from "../../src/transports/udp/listener.ts";
import { DatagramSocket } from "../support/datagram-socket.ts";
import { expectOperational, rejectionOf } from "../support/failure.ts";
import { openDescriptors } from "../support/open-descriptors.ts";
import { Recorder, recordingOptions } from "../support/recorder.ts";

interface Started {
  readonly listener: Listener;
  readonly recorder: Recorder;
  readonly host: string;
  readonly port: number;
}

async function start(host = "127.0.0.1", more: Partial<ListenerSettings> = {}): Promise<Started> {
  const recorder = new Recorder();
  const listener = createListener({ transport: "udp", host, port: 0 }, recordingOptions(recorder, more));
  onTestFinished(() => listener.close());
  const { endpoint } = await listener.listen();
  if (isPathEndpoint(endpoint)) throw new Error("a path");
  return { listener, recorder, host: endpoint.host, port: endpoint.port };
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `datagram ${i}`);
}

test.each(["127.0.0.1", "::1", "localhost"])("%s: datagrams arrive as they were sent, in order", async (host) => {
  const { recorder, listener, host: numeric, port } = await start(host);
  const socket = DatagramSocket.udp(numeric, port);
  const sent = ["one\n", "", "two\nthree", "\0\xff", ...numbered(100)];
  for (const message of sent) expect(socket.send(Buffer.from(message, "latin1"))).toBe("sent");
  await recorder.until(() => recorder.parts.length === sent.length);
  expect(recorder.parts.map((part) => part.toString("latin1"))).toEqual(sent);
  expect(listener.stats()).toMatchObject({ senders: null, accepted: 0, refused: 0, kernelDrops: 0 });
});

test.each([
  ["127.0.0.1", 65_507],
  ["::1", 65_527],
])("%s: the longest datagram there is, %d bytes, comes whole", async (host, bytes) => {
  const { recorder, port } = await start(host);
  const message = Buffer.alloc(bytes, "long ");
  expect(DatagramSocket.udp(host, port).send(message)).toBe("sent");
  await recorder.until(() => recorder.parts.length === 1);
  expect(recorder.parts[0]?.equals(message)).toBe(true);
  expect(recorder.truncated).toEqual([]);
});

test("more than one iteration reads: everything arrives, in full batches", async () => {
  const { recorder, port, listener } = await start("127.0.0.1", { receiveBufferBytes: 32 << 20 });
  const socket = DatagramSocket.udp("127.0.0.1", port);
  const sent = numbered(5000);
  for (const message of sent) socket.send(message);
  const dropped = listener.stats().kernelDrops ?? Number.NaN;
  await recorder.until(() => recorder.parts.length === sent.length - dropped);
  expect(Math.max(...recorder.batchCounts)).toBe(RECEIVE_BATCH_MESSAGES);
  expect(recorder.parts.map(String)).toEqual(sent.slice(0, sent.length - dropped));
});

test("while the receiver asks for a pause nothing more is read", async () => {
  const { recorder, port } = await start();
  const socket = DatagramSocket.udp("127.0.0.1", port);
  recorder.gate.close();
  socket.send("first");
  await recorder.until(() => recorder.parts.length === 1);
  for (const message of numbered(50)) socket.send(message);
  const other = await start();
  DatagramSocket.udp("127.0.0.1", other.port).send("proof that the loop went round");
  await other.recorder.until(() => other.recorder.parts.length === 1);
  expect(recorder.parts).toHaveLength(1);
  recorder.gate.open();
  await recorder.until(() => recorder.parts.length === 51);
});

test("close() reads all that the kernel had queued, and then senders are refused", async () => {
  const { recorder, port, listener } = await start("127.0.0.1", { receiveBufferBytes: 8 << 20 });
  const socket = DatagramSocket.udp("127.0.0.1", port);
  const sent = numbered(3 * RECEIVE_BATCH_MESSAGES);
  for (const message of sent) socket.send(message);
  const closed = listener.close();
  expect([socket.send("too late"), socket.send("too late")]).toContain("ECONNREFUSED");
  await closed;
  const kept = sent.length - (listener.stats().kernelDrops ?? Number.NaN);
  expect(recorder.parts.map(String)).toEqual(sent.slice(0, kept));
  expect(recorder.ended).toBe(1);
});

test("close() doesn't wait for ever for a receiver that does", async () => {
  const { recorder, port, listener } = await start();
  const socket = DatagramSocket.udp("127.0.0.1", port);
  recorder.gate.close();
  socket.send("first");
  await recorder.until(() => recorder.parts.length === 1);
  for (const message of numbered(100)) socket.send(message);
  await listener.close();
  expect(recorder.parts).toHaveLength(101);
  expect(recorder.ended).toBe(1);
});

test("close() twice, and nothing is left", async () => {
  const before = openDescriptors("socket:").length;
  const { listener, recorder } = await start();
  expect(openDescriptors("socket:").length).toBe(before + 1);
  await Promise.all([listener.close(), listener.close()]);
  await listener.close();
  expect(recorder.ended).toBe(1);
  expect(openDescriptors("socket:").length).toBe(before);
  expect(listener.stats().kernelDrops).toBe(0);
});

test("received and dropped make sent, exactly", async () => {
  const { recorder, port, listener } = await start("127.0.0.1", { receiveBufferBytes: 4096 });
  const socket = DatagramSocket.udp("127.0.0.1", port);
  recorder.gate.close();
  for (let i = 0; i < 10_007; i++) expect(socket.send(`datagram ${i}`)).toBe("sent");
  recorder.gate.open();
  for (const message of numbered(5)) socket.send(message);
  await listener.close();
  const { kernelDrops } = listener.stats();
  expect(kernelDrops).toBeGreaterThan(9000);
  expect(recorder.parts.length + (kernelDrops ?? 0)).toBe(10_012);
});

const FLOOD = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", int(sys.argv[1])))
taken = refused = 0
while refused < 3:
    try:
        s.send(b"x" * 200)
        taken += 1
    except ConnectionRefusedError:
        refused += 1
pending = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
print(taken - refused - pending)
`;

test("a flood that continues while the listener closes is accounted for exactly", async () => {
  const { recorder, port, listener } = await start("127.0.0.1", { receiveBufferBytes: 100_000 });
  const floods = [1, 2].map(() =>
    spawn("python3", ["-c", FLOOD, String(port)], { stdio: ["ignore", "pipe", "inherit"] }),
  );
  const printed = floods.map((flood) => text(flood.stdout));
  await recorder.until(() => recorder.parts.length > 20_000);
  await listener.close();
  const sent = (await Promise.all(printed)).reduce((sum, count) => sum + Number(count), 0);
  expect(recorder.parts.length + (listener.stats().kernelDrops ?? Number.NaN)).toBe(sent);
});

test("/proc/net/udp counts the same drops", async () => {
  const fd = inetSocket("127.0.0.1", SOCK_DGRAM);
  const { port } = bindInet(fd, { transport: "udp", host: "127.0.0.1", port: 0 });
  const drops = new UdpDrops(fd);
  expect(drops.read()).toBe(0);
  const socket = DatagramSocket.udp("127.0.0.1", port);
  for (let i = 0; i < 5003; i++) socket.send("never read");
  expect(drops.read()).toBeGreaterThan(0);
  expect(dropsInTable(fd)).toBe(drops.read());
});

test("a port in use is refused, and its holder is named", async () => {
  const { port } = await start();
  const second = createListener({ transport: "udp", host: "127.0.0.1", port }, recordingOptions(new Recorder()));
  const error = expectOperational(await rejectionOf(second.listen()), "ADDRESS_IN_USE");
  expect(error.message).toContain(`udp 127.0.0.1:${port} is served by pid ${process.pid}`);
  await second.close();
});

test("an address of another machine is refused", async () => {
  const listener = createListener({ transport: "udp", host: "192.0.2.1", port: 0 }, recordingOptions(new Recorder()));
  expectOperational(await rejectionOf(listener.listen()), "ADDRESS_UNAVAILABLE");
});

test("a receive buffer that was not granted in full comes with advice", async () => {
  const asked = 2 ** 31;
  const options = recordingOptions(new Recorder(), { receiveBufferBytes: asked });
  const listener = createListener({ transport: "udp", host: "127.0.0.1", port: 0 }, options);
  onTestFinished(() => listener.close());
  const { receiveBufferBytes, advice } = await listener.listen();
  expect(receiveBufferBytes).toBeLessThan(asked);
  expect(advice).toHaveLength(1);
  expect(advice[0]).toContain(`${receiveBufferBytes} bytes`);
  expect(advice[0]).toContain(`sysctl -w net.core.rmem_max=${asked}`);
});
