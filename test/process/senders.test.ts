import { once } from "node:events";
import { closeSync, writeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { INET_ADDRESS_BYTES_MAX } from "../../src/core/kernel-facts.ts";
import type { TransportName } from "../../src/core/transport-name.ts";
import { SOL_SOCKET } from "../../src/os/constants.ts";
import { getsockname, setsockopt } from "../../src/os/libc.ts";
import { inetPeer } from "../../src/os/peer-address.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { AggregatorProcess, accountOf, runAggregator } from "../support/aggregator-process.ts";
import { NOBODY, needRoot, STRANGER } from "../support/other-user.ts";
import { publicPath, sendAs } from "../support/other-user-program.ts";
import { openDescriptor } from "../support/raw-descriptor.ts";
import { openRawSender, type RawSender } from "../support/raw-sender.ts";

/** From asm-generic/socket.h; nothing else here uses it. */
const SO_LINGER = 13;

const ADDRESSES: Readonly<Record<TransportName, (path: string) => string>> = {
  unixsock: (path) => `unixsock=${path}`,
  unixgram: (path) => `unixgram=${path}`,
  fifo: (path) => `fifo=${path}`,
  tcp: () => "tcp=:0",
  udp: () => "udp=:0",
};

function senderTo(aggregator: AggregatorProcess, name: TransportName): RawSender {
  return openRawSender(aggregator.endpoint(name), REGISTRY[name].traits.boundary);
}

/** What net.connect() needs. */
function socketTo(aggregator: AggregatorProcess, name: "unixsock" | "tcp"): Socket {
  const endpoint = aggregator.endpoint(name);
  return "path" in endpoint ? connect(endpoint.path) : connect(endpoint.port, endpoint.host);
}

test.for(["unixsock", "unixgram"] as const)("%s: only the users that are allowed", async (name, context) => {
  needRoot(context);
  const path = publicPath();
  const allowed = ["--allow-uid", `root,${STRANGER}`, "--allow-gid", "1"];
  const aggregator = await AggregatorProcess.start([`${name}=${path}`, "--socket-mode", "0666", ...allowed]);
  expect(await sendAs(STRANGER, `${name}=${path}`).ended).toEqual({ status: 0, signal: null });
  await sendAs(NOBODY, `${name}=${path}`, "--wait", "0").ended;
  const { ledger, stderr, status } = await aggregator.stop();
  expect(ledger).toMatchObject({ received: 50, stored: 50 });
  const { forbiddenSenders, forbiddenMessages } = ledger;
  expect(name === "unixgram" ? forbiddenMessages : forbiddenSenders).toBeGreaterThan(name === "unixgram" ? 49 : 0);
  expect(stderr.match(/refuses what uid 65534 sends/g)).toHaveLength(1);
  expect(status).toBe(0);
});

test.each([
  [["fifo=s", "--allow-uid", "0"], "users and groups are known on unixsock and unixgram only; omit fifo"],
  [["unixsock=s", "tcp=:0", "--allow-gid", "0"], "users and groups are known on unixsock and unixgram only; omit tcp"],
  [["unixsock=s", "--trusted-fields", "--check", "shape"], "trusted fields need records that are JSON objects"],
])("%j is a usage error", async (args, words) => {
  const { status, stderr } = await runAggregator(args);
  expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
});

describe("--trusted-fields", () => {
  const RECEIVED = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const own = { pid: process.pid, uid: process.geteuid?.(), gid: process.getegid?.() };
  const exe = process.execPath;

  test.each<[TransportName, Record<string, unknown>]>([
    ["unixsock", { ...own, exe, unit: expect.toSatisfy((unit) => unit === null || typeof unit === "string") }],
    ["unixgram", { ...own, exe, unit: expect.toSatisfy((unit) => unit === null || typeof unit === "string") }],
    ["tcp", { address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) }],
    ["udp", { address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) }],
    ["fifo", {}],
  ])("%s: each record says who sent it, and a forgery shows", async (name, known) => {
    const aggregator = await AggregatorProcess.start([ADDRESSES[name](publicPath()), "--trusted-fields"]);
    const sender = senderTo(aggregator, name);
    sender.write('{"a":1}\n');
    sender.write('{"\\u005ftrusted":{"uid":0}}\n');
    sender.write("text\n");
    sender.close();
    const { ledger } = await aggregator.stop();
    const _trusted = { ...known, transport: name, received: RECEIVED };
    expect(aggregator.storedLines().map((line) => JSON.parse(line))).toEqual([
      { a: 1, _trusted },
      { _untrusted: { uid: 0 }, _trusted },
      { _raw: "text", _trusted },
    ]);
    expect(accountOf(ledger, name)).toMatchObject({ received: 3, stored: 3, wrapped: 1 });
  });

  test("tcp: a sender that reset its connection before it was accepted is known", async () => {
    const aggregator = await AggregatorProcess.start(["tcp=:0", "--trusted-fields"]);
    process.kill(aggregator.pid, "SIGSTOP");
    const fd = openDescriptor(aggregator.endpoint("tcp"), "stream");
    const { port } = inetPeer(ownAddress(fd));
    writeSync(fd, "{}\n");
    resetAtClose(fd);
    closeSync(fd);
    process.kill(aggregator.pid, "SIGCONT");
    await aggregator.grown(1);
    const [record] = aggregator.storedLines().map((line) => JSON.parse(line));
    expect(record._trusted).toMatchObject({ transport: "tcp", address: `127.0.0.1:${port}` });
    await aggregator.stop();
  });

  test("acknowledged lines, too", async () => {
    const path = publicPath();
    const aggregator = await AggregatorProcess.start([`unixsock=${path}`, "--trusted-fields"]);
    expect(await sendAs(own.uid ?? 0, `unixsock=${path}`, "--ack").ended).toEqual({ status: 0, signal: null });
    expect((await aggregator.stop()).ledger.stored).toBe(50);
    const records = aggregator.storedLines().map((line) => JSON.parse(line));
    expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, seq) => seq));
    expect(records.every(({ _trusted }) => _trusted.uid === own.uid && _trusted.exe === exe)).toBe(true);
  });
});

test.each(Object.keys(ADDRESSES) as TransportName[])(
  "%s: a wrapped line says when and how it arrived",
  async (name) => {
    const aggregator = await AggregatorProcess.start([ADDRESSES[name](publicPath())]);
    const before = Date.now();
    const sender = senderTo(aggregator, name);
    sender.write("text\n");
    sender.close();
    await aggregator.stop();
    const [record] = aggregator.storedLines().map((line) => JSON.parse(line));
    expect(record).toEqual({ _raw: "text", transport: name, received: expect.any(String) });
    expect(Date.parse(record.received)).toBeGreaterThanOrEqual(before);
  },
);

/** A close then sends a RST instead of a FIN (SO_LINGER with 0 seconds, socket(7)). */
function resetAtClose(fd: number): void {
  const linger = Buffer.alloc(8);
  linger.writeInt32LE(1);
  expect(setsockopt(fd, SOL_SOCKET, SO_LINGER, linger, linger.length)).toBe(0);
}

function ownAddress(fd: number): Buffer {
  const address = Buffer.alloc(INET_ADDRESS_BYTES_MAX);
  expect(getsockname(fd, address, Uint32Array.of(address.length))).toBe(0);
  return address;
}

describe("--max-connections-per-sender", () => {
  test.each(["unixsock", "tcp"] as const)("%s: further connections are closed and counted", async (name) => {
    const options = ["--max-connections-per-sender", "2"];
    const aggregator = await AggregatorProcess.start([ADDRESSES[name](publicPath()), ...options]);
    const sockets = [socketTo(aggregator, name), socketTo(aggregator, name)];
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    const third = socketTo(aggregator, name).resume();
    await once(third, "close");
    // A sender that leaves makes space for another.
    sockets[0]?.end();
    await once(sockets[0]?.resume() ?? third, "close");
    const fourth = socketTo(aggregator, name);
    fourth.end("{}\n");
    await once(fourth.resume(), "close");
    sockets[1]?.destroy();
    const { ledger, status, stderr } = await aggregator.stop();
    expect(ledger).toMatchObject({ excessSenders: 1, refusedSenders: 0, stored: 1 });
    expect(stderr).toContain("1 connection was closed because their sender had too many");
    expect(status).toBe(3);
  });
});

describe("--rate-limit", () => {
  const LINES = 20_000;
  const BLOCK = '{"n":1}\n'.repeat(100);

  const user = `uid ${process.geteuid?.()}`;

  test.each<[string, TransportName, string]>([
    ["unixsock", "unixsock", user],
    ["tcp", "tcp", "127.0.0.1"],
    ["tcp=[::1]:0", "tcp", "::1"],
    ["fifo", "fifo", "all senders"],
    ["unixgram", "unixgram", user],
    ["udp", "udp", "127.0.0.1"],
    ["udp=[::1]:0", "udp", "::1"],
  ])("%s: what is above it is counted and reported", async (address, name, who) => {
    const listen = address === name ? ADDRESSES[name](publicPath()) : address;
    const aggregator = await AggregatorProcess.start([listen, "--rate-limit", "1000/s"]);
    if (name === "unixsock" || name === "tcp") {
      const socket = socketTo(aggregator, name).resume();
      socket.end(BLOCK.repeat(LINES / 100));
      await once(socket, "close");
    } else {
      const sender = senderTo(aggregator, name);
      for (let sent = 0; sent < LINES; sent += 100) sender.write(BLOCK);
    }
    const { ledger, status } = await aggregator.stop();
    const received = LINES - (ledger.kernelDrops ?? 0) * 100;
    expect(ledger).toMatchObject({ received, residue: 0 });
    expect(ledger.notStored.limited).toBeGreaterThan(0);
    expect(ledger.stored + ledger.notStored.limited).toBe(received);
    const records = aggregator.storedLines().map((line) => JSON.parse(line));
    const reports = records.filter(({ suppressed }) => suppressed !== undefined);
    expect(records.length - reports.length).toBe(ledger.stored);
    expect(reports.reduce((sum, { suppressed }) => sum + suppressed, 0)).toBe(ledger.notStored.limited);
    expect(reports[0]).toMatchObject({ source: "aggregator", level: "WARN", transport: name, sender: who });
    expect(status).toBe(3);
  });

  test("an acknowledged sender waits instead, and loses nothing", async () => {
    const path = publicPath();
    const aggregator = await AggregatorProcess.start([`unixsock=${path}`, "--rate-limit", "100/s"]);
    const flood = ["--ack", "--rate", "max", "--count", "150"];
    expect(await sendAs(process.geteuid?.() ?? 0, `unixsock=${path}`, ...flood).ended).toEqual({
      status: 0,
      signal: null,
    });
    expect((await aggregator.stop()).ledger).toMatchObject({ received: 150, stored: 150, notStored: { limited: 0 } });
  });
});
