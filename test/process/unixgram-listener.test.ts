import { spawn } from "node:child_process";
import { existsSync, lstatSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { UNIX_DATAGRAM_BYTES_MAX } from "../../src/core/kernel-facts.ts";
import { UNIX_DATAGRAM_QUEUE_ADVISED } from "../../src/core/limits.ts";
import { readSysctl } from "../../src/os/sysctl.ts";
import type { Listener, ListenerSettings, Listening } from "../../src/transports/transport.ts";
import { createListener } from "../../src/transports/unixgram/listener.ts";
import { DatagramSocket } from "../support/datagram-socket.ts";
import { expectOperational, rejectionOf } from "../support/failure.ts";
import { openDescriptors } from "../support/open-descriptors.ts";
import { Recorder, recordingOptions } from "../support/recorder.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let path = "";
beforeEach(() => {
  path = join(temporaryDirectory(), "log.sock");
});

interface Started {
  readonly listener: Listener;
  readonly listening: Listening;
  readonly recorder: Recorder;
}

async function start(more: Partial<ListenerSettings> = {}): Promise<Started> {
  const recorder = new Recorder();
  const listener = createListener({ transport: "unixgram", path }, recordingOptions(recorder, more));
  onTestFinished(() => listener.close());
  return { listener, recorder, listening: await listener.listen() };
}

/** Sends until the queue is full; returns what was taken. */
function fill(socket: DatagramSocket): string[] {
  const sent: string[] = [];
  for (let outcome = "sent"; outcome === "sent"; ) {
    const message = `queued ${sent.length}\n`;
    outcome = socket.send(message);
    if (outcome === "sent") sent.push(message);
    else expect(outcome).toBe("EAGAIN");
  }
  return sent;
}

test("datagrams arrive as they were sent, in order, empty ones too", async () => {
  const { listener, recorder } = await start();
  const socket = DatagramSocket.unix(path);
  const sent = ["one\n", "", "two\nthree", "\0\xff"];
  for (const message of sent) expect(socket.send(Buffer.from(message, "latin1"))).toBe("sent");
  await recorder.until(() => recorder.parts.length === sent.length);
  expect(recorder.parts.map((part) => part.toString("latin1"))).toEqual(sent);
  expect(listener.stats()).toMatchObject({ senders: null, accepted: 0, refused: 0, kernelDrops: 0 });
});

test("the longest datagram of a default send buffer comes whole, however short lines have to be", async () => {
  const { recorder } = await start({ messageBytesMax: 1000 });
  const message = Buffer.alloc(UNIX_DATAGRAM_BYTES_MAX, "long ");
  expect(DatagramSocket.unix(path).send(message)).toBe("sent");
  await recorder.until(() => recorder.parts.length === 1);
  expect(recorder.parts[0]?.equals(message)).toBe(true);
});

test("longer ones come whole up to the wanted length, and beyond it are known to be cut", async () => {
  const bytes = UNIX_DATAGRAM_BYTES_MAX + 100_000;
  const { recorder } = await start({ messageBytesMax: bytes });
  const socket = DatagramSocket.unix(path);
  socket.growSendBuffer(1 << 20);
  const fits = socket.send(Buffer.alloc(bytes, "fits "));
  if (fits === "EMSGSIZE") return; // net.core.wmem_max allows no such datagram here
  await recorder.until(() => recorder.parts.length === 1);
  expect(recorder.parts[0]?.equals(Buffer.alloc(bytes, "fits "))).toBe(true);
  socket.send(Buffer.alloc(bytes + 1000, "cut "));
  socket.send("whole again");
  await recorder.until(() => recorder.parts.length === 2);
  expect(recorder.truncated).toHaveLength(1);
  expect(String(recorder.parts[1])).toBe("whole again");
});

const SENDER = `
import socket, sys
path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(path)
for i in range(count):
    s.send(b"%s %d" % (name.encode(), i))
print("done")
`;

test("senders of other processes wait for a slow receiver; nothing is lost and each keeps its order", async () => {
  const { recorder } = await start();
  recorder.gate.close();
  const count = 5003;
  const senders = ["a", "b", "c"].map((name) =>
    spawn("python3", ["-c", SENDER, path, name, String(count)], { stdio: ["ignore", "pipe", "inherit"] }),
  );
  const printed = senders.map((sender) => text(sender.stdout));
  await recorder.until(() => recorder.parts.length > 0);
  recorder.gate.open();
  await recorder.until(() => recorder.parts.length === 3 * count);
  expect(await Promise.all(printed)).toEqual(["done\n", "done\n", "done\n"]);
  for (const name of ["a", "b", "c"]) {
    const own = recorder.parts.map(String).filter((message) => message.startsWith(name));
    expect(own).toEqual(Array.from({ length: count }, (_, i) => `${name} ${i}`));
  }
});

test("close() refuses senders first, then reads the full queue", async () => {
  const { listener, recorder } = await start();
  const socket = DatagramSocket.unix(path);
  const sent = fill(socket);
  const closed = listener.close();
  expect(existsSync(path)).toBe(false);
  expect(socket.send("too late")).toBe("EPIPE");
  await closed;
  expect(socket.send("too late")).toBe("ECONNREFUSED");
  expect(recorder.parts.map(String)).toEqual(sent);
  expect(recorder.ended).toBe(1);
});

test("close() reads on when the receiver has had its pause", async () => {
  const { listener, recorder } = await start();
  const socket = DatagramSocket.unix(path);
  recorder.gate.close();
  socket.send("first");
  await recorder.until(() => recorder.parts.length === 1);
  const sent = fill(socket);
  const closed = listener.close();
  recorder.gate.open();
  await closed;
  expect(recorder.parts.map(String)).toEqual(["first", ...sent]);
});

test("close() twice, and nothing is left", async () => {
  const before = openDescriptors("socket:").length;
  const { listener, recorder } = await start();
  expect(openDescriptors("socket:")).toHaveLength(before + 1);
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  await Promise.all([listener.close(), listener.close()]);
  await listener.close();
  expect(recorder.ended).toBe(1);
  expect(openDescriptors("socket:")).toHaveLength(before);
  expect(existsSync(path)).toBe(false);
});

test("a path that has become another's stays", async () => {
  const { listener } = await start();
  writeFileSync(`${path}2`, "precious");
  renameSync(`${path}2`, path);
  await listener.close();
  expect(lstatSync(path).isFile()).toBe(true);
});

test("a path in use is refused and its holder named; a stale one is replaced", async () => {
  const first = await start();
  const error = expectOperational(await rejectionOf(start()), "ADDRESS_IN_USE");
  expect(error.message).toContain(`${path} is served by pid ${process.pid}`);
  DatagramSocket.unix(path).send("still here");
  await first.recorder.until(() => first.recorder.parts.length === 1);
  const killed = spawn("python3", ["-c", "import socket, sys; socket.socket(1, 2).bind(sys.argv[1])", `${path}2`]);
  await new Promise((resolve) => killed.once("exit", resolve));
  path = `${path}2`;
  expect(existsSync(path)).toBe(true);
  const second = await start();
  DatagramSocket.unix(path).send("here too");
  await second.recorder.until(() => second.recorder.parts.length === 1);
});

test("a file at the path is refused and left alone", async () => {
  writeFileSync(path, "precious");
  expectOperational(await rejectionOf(start()), "NOT_A_SOCKET");
  expect(lstatSync(path).isFile()).toBe(true);
});

test("a short queue comes with advice", async () => {
  const queue = readSysctl("net.unix.max_dgram_qlen") ?? Number.POSITIVE_INFINITY;
  const { advice } = (await start()).listening;
  expect(advice).toHaveLength(queue < UNIX_DATAGRAM_QUEUE_ADVISED ? 1 : 0);
  for (const line of advice) {
    expect(line).toContain(`queues ${queue} messages`);
    expect(line).toContain(`sysctl -w net.unix.max_dgram_qlen=${UNIX_DATAGRAM_QUEUE_ADVISED}`);
  }
});
