import { appendFileSync, writeFileSync } from "node:fs";
import { connect, type Msg } from "@nats-io/transport-node";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { runForwarder, startForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { NatsServer, WITHOUT_NATS } from "../support/nats-server.ts";
import type { RunningProgram } from "../support/running-program.ts";

beforeEach((context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
});

/** All headers that a message may have: docs/cluster.md says which. Any other one of NATS may change what the server does. */
const OWN = ["Log-Version", "Log-File", "Log-Offset", "Log-Length", "Log-Lines", "Log-Crc32", "Log-Host"];

function lines(from: number, count: number): string {
  return Array.from(
    { length: count },
    (_, n) => `{"n":${from + n},"m":"${"x".repeat(((from + n) * 7919) % 300)}"}\n`,
  ).join("");
}

function exclusive(server: NatsServer, path: string, ...more: string[]): string[] {
  const to = ["--to", server.url, "--stream", "LOGS", "--exclusive-stream"];
  return [path, ...to, "--host", "h", "--linger", "5ms", "--block", "8KiB", ...more];
}

/** Calls back at each message that the server gets, before the forwarder knows that it is stored. */
async function onMessage(server: NatsServer, seen: () => void): Promise<void> {
  const connection = await connect({ servers: server.url, reconnect: false });
  onTestFinished(() => connection.close());
  connection.subscribe("logs.*", { callback: seen });
  await connection.flush();
}

function publish(server: NatsServer, subject: string): Promise<unknown> {
  return server.ask((manager) => manager.jetstream().publish(subject, "another writer's"));
}

test("killed again and again with blocks in flight, it stores each line once, without ids", async () => {
  const server = await NatsServer.start();
  // The server has forgotten what it stored before it is asked again.
  await server.createStream("LOGS", { duplicate_window: 100 * 1e6 });
  let content = "";
  const path = logFile("");
  const grow = (count: number): void => {
    const text = lines(content.length, count);
    content += text;
    appendFileSync(path, text);
  };
  let forwarder: RunningProgram | undefined;
  let messages = 0;
  await onMessage(server, () => {
    if (--messages === 0) forwarder?.child.kill("SIGKILL");
  });
  for (let round = 0; round < 6; round++) {
    messages = 1 + (round % 4);
    grow(800);
    forwarder = startForwarder(exclusive(server, path));
    await forwarder.ended;
  }
  forwarder = startForwarder(exclusive(server, path));
  await forwarder.event("connected");
  await server.kill();
  grow(100);
  await server.start();
  await forwarder.line(({ event }) => event === "connected" && forwarder?.lines.length !== 1);
  forwarder.child.kill("SIGTERM");
  expect(await forwarder.ended).toBe(0);
  expect((await server.content("LOGS")) === content).toBe(true);
});

test.each([
  ["ids", [], ["Nats-Msg-Id"]],
  ["expected numbers", ["--exclusive-stream"], ["Nats-Expected-Last-Sequence"]],
])("with %s, no other header of NATS is sent", async (_, options, allowed) => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const path = logFile(lines(0, 300));
  const to = ["--to", server.url, "--stream", "LOGS", "--block", "4KiB", "--once", ...options];
  expect(await runForwarder([path, ...to])).toMatchObject({ status: 0 });
  const sent = await server.ask(async (manager) => {
    const { state } = await manager.streams.info("LOGS");
    const message = await manager.streams.getMessage("LOGS", { seq: state.last_seq });
    return message?.header.keys() ?? [];
  });
  expect(sent.toSorted()).toEqual([...OWN, ...allowed].toSorted());
});

test("a message of another writer ends it with 5, whether it runs or not", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const path = logFile(lines(0, 100));
  const forwarder = startForwarder(exclusive(server, path));
  await forwarder.event("connected");
  appendFileSync(path, lines(100, 1));
  await publish(server, "logs.other");
  appendFileSync(path, lines(101, 100));
  expect(await forwarder.ended).toBe(5);
  expect(forwarder.stderr).toMatch(/has message \d+ of another writer, subject logs\.other; give each forwarder/);
  expect(await runForwarder(exclusive(server, path, "--once"))).toMatchObject({ status: 5 });
});

test("two forwarders of one stream: the second one is named", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const [first, second] = [logFile(lines(0, 10)), logFile(lines(0, 10))];
  expect(await runForwarder(exclusive(server, first, "--once"))).toMatchObject({ status: 0 });
  expect(await runForwarder(exclusive(server, second, "--once", "--host", "web2"))).toMatchObject({ status: 0 });
  writeFileSync(first, lines(10, 10), { flag: "a" });
  const ended = await runForwarder(exclusive(server, first, "--once"));
  expect(ended.status).toBe(5);
  expect(ended.stderr).toContain("of another writer, host web2");
});

test("what a stream had before is no other writer, and a stream that was set back is refilled", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  await publish(server, "logs.other");
  const path = logFile(lines(0, 500));
  const once = exclusive(server, path, "--once");
  expect(await runForwarder(once)).toMatchObject({ status: 0 });
  await server.kill("SIGTERM");
  server.snapshot();
  await server.start();
  appendFileSync(path, lines(500, 500));
  expect(await runForwarder(once)).toMatchObject({ status: 0 });
  await server.kill();
  server.restore();
  await server.start();
  const ended = await runForwarder(once);
  expect(ended).toMatchObject({ status: 0 });
  expect(ended.stderr).toContain("the stream has lost blocks");
  expect(await server.content("LOGS")).toBe(`another writer's${lines(0, 1000)}`);
});

test("a stream that was set back to before the first run is refilled: what it has is no other writer", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  await publish(server, "logs.other");
  await server.kill("SIGTERM");
  server.snapshot();
  await server.start();
  const path = logFile(lines(0, 500));
  const once = exclusive(server, path, "--once");
  expect(await runForwarder(once)).toMatchObject({ status: 0 });
  await server.kill();
  server.restore();
  await server.start();
  const ended = await runForwarder(once);
  expect(ended, ended.stderr).toMatchObject({ status: 0 });
  expect(ended.stderr).toContain("the stream has lost blocks");
  expect(await server.content("LOGS")).toBe(`another writer's${lines(0, 500)}`);
});

test.each([[[]], [["--exclusive-stream"]]])(
  "%j: a first line that is rejected is not a block that was lost",
  async (more) => {
    const server = await NatsServer.start("max_payload: 65536");
    await server.createStream("LOGS");
    await publish(server, "logs.other");
    const path = logFile(`{"m":"${"y".repeat(100_000)}"}\n`);
    const once = [path, "--to", server.url, "--stream", "LOGS", "--host", "h", "--once", ...more];
    expect(await runForwarder(once)).toMatchObject({ status: 3, done: { rejected: 1 } });
    appendFileSync(path, lines(0, 10));
    const ended = await runForwarder(once);
    expect(ended, ended.stderr).toMatchObject({ status: 0, done: { rejected: 0, lines: 10 } });
    expect(ended.stderr).not.toContain("the stream has lost blocks");
    expect(await server.content("LOGS")).toBe(`another writer's${lines(0, 10)}`);
  },
);

test("an acknowledgement of number 0 is none: the block is sent again, with another id", async () => {
  // nats-server 2.10 with three replicas answers so to a block that it had refused, because the stream was full, and that
  // is sent again. Here the stream is full and doesn't answer, and a program answers in its place.
  const server = await NatsServer.start();
  await server.createStream("LOGS", { no_ack: true, discard: "new", max_bytes: 100 });
  const connection = await connect({ servers: server.url, reconnect: false });
  onTestFinished(() => connection.close());
  const ids: string[] = [];
  const answer = async (message: Msg): Promise<void> => {
    ids.push(message.headers?.get("Nats-Msg-Id") ?? "");
    const isFirst = ids.length === 1;
    if (isFirst) await server.ask((manager) => manager.streams.update("LOGS", { max_bytes: 1_000_000 }));
    message.respond(JSON.stringify({ stream: "LOGS", seq: isFirst ? 0 : 1, duplicate: isFirst }));
  };
  connection.subscribe("logs.h", { callback: (_, message) => void answer(message) });
  await connection.flush();
  const content = lines(0, 10);
  const to = ["--to", server.url, "--stream", "LOGS", "--host", "h", "--once"];
  const ended = await runForwarder([logFile(content), ...to]);
  expect(ended).toMatchObject({ status: 0, done: { lines: 10, backlogBytes: 0 } });
  expect(ended.stderr).toContain("took a block for a duplicate that it doesn't have");
  expect(await server.content("LOGS")).toBe(content);
  expect(new Set(ids).size).toBe(2);
});
