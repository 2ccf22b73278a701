import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "@nats-io/transport-node";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { runForwarder, startForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { NatsServer, WITHOUT_NATS } from "../support/nats-server.ts";
import type { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

beforeEach((context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
});

/** Numbered lines of different lengths. */
function lines(from: number, count: number): string {
  const line = (n: number): string => `{"n":${n},"message":"${"x".repeat((n * 7919) % 300)}"}\n`;
  return Array.from({ length: count }, (_, i) => line(from + i)).join("");
}

/** A log file that grows and is rotated as the aggregator does it. */
class GrowingLog {
  readonly path: string = join(temporaryDirectory(), "app.jsonl");
  content = "";
  #lines = 0;
  #rotations = 0;

  constructor() {
    writeFileSync(this.path, "");
  }

  grow(count: number): void {
    const text = lines(this.#lines, count);
    this.#lines += count;
    this.content += text;
    appendFileSync(this.path, text);
  }

  rotate(): void {
    renameSync(this.path, `${this.path}.20261126T${String(this.#rotations++).padStart(9, "0")}Z`);
    writeFileSync(this.path, "");
  }
}

/** Calls back at each message that the server gets, before the forwarder knows that it is stored. */
async function onMessage(server: NatsServer, seen: () => void): Promise<void> {
  const connection = await connect({ servers: server.url.slice("nats://".length), reconnect: false });
  onTestFinished(() => connection.close());
  connection.subscribe("logs.*", { callback: seen });
  await connection.flush();
}

function forwardTo(server: NatsServer, path: string, ...more: string[]): string[] {
  return [path, "--to", server.url, "--stream", "LOGS", "--host", "h", "--linger", "5ms", ...more];
}

test("a file arrives byte for byte, and once", async () => {
  const server = await NatsServer.start();
  const content = lines(0, 20_000);
  const path = logFile(content);
  const first = await runForwarder(forwardTo(server, path, "--once", "--create-stream"));
  expect(first).toMatchObject({ status: 0, done: { lines: 20_000, bytes: content.length, backlogBytes: 0 } });
  expect(await runForwarder(forwardTo(server, path, "--once"))).toMatchObject({ status: 0, done: { lines: 0 } });
  expect((await server.content("LOGS")) === content).toBe(true);
});

test("a stream that one host creates takes the lines of others", async () => {
  const server = await NatsServer.start();
  const of = (host: string): string[] => [...forwardTo(server, logFile(lines(0, 10))), "--host", host];
  for (const host of ["web1", "web2"])
    expect(await runForwarder([...of(host), "--once", "--create-stream"]), host).toMatchObject({ status: 0 });
  const other = ["--subject", "logs.of-{host}.here", "--stream", "OTHER", "--create-stream"];
  for (const host of ["web1", "web2"])
    expect(await runForwarder([...of(host), "--once", ...other]), host).toMatchObject({ status: 0 });
});

test("kill -9 of the forwarder while the file grows and rotates loses and doubles nothing", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const log = new GrowingLog();
  let forwarder: RunningProgram | undefined;
  let messages = 0;
  let messagesMax = 0;
  await onMessage(server, () => {
    messages++;
    if (messages === messagesMax) forwarder?.child.kill("SIGKILL");
  });
  for (let round = 0; round < 12; round++) {
    messages = 0;
    messagesMax = 1 + (round % 5);
    log.grow(800);
    forwarder = startForwarder(forwardTo(server, log.path, "--block", "8KiB"));
    // A message of the forwarder before may be seen so late that this one is killed before it is connected.
    await forwarder.event("connected").catch(() => {});
    if (round % 3 === 2) log.rotate();
    log.grow(1500);
    await forwarder.ended;
    log.grow(50);
  }
  expect(await runForwarder(forwardTo(server, log.path, "--once"))).toMatchObject({ status: 0 });
  expect((await server.content("LOGS")) === log.content).toBe(true);
});

test("an outage that is longer than the deduplication window doubles nothing", async () => {
  const server = await NatsServer.start();
  const windowMs = 100;
  await server.createStream("LOGS", { duplicate_window: windowMs * 1e6 });
  const log = new GrowingLog();
  let forwarder: RunningProgram | undefined;
  await onMessage(server, () => forwarder?.child.kill("SIGKILL"));
  for (let round = 0; round < 4; round++) {
    log.grow(2000);
    forwarder = startForwarder(forwardTo(server, log.path, "--block", "4KiB"));
    await forwarder.ended;
    // The server forgets ids by its clock alone.
    await pause(5 * windowMs);
  }
  forwarder = undefined;
  const { status, done } = await runForwarder(forwardTo(server, log.path, "--once"));
  expect(status).toBe(0);
  expect(done?.["found"]).toBeGreaterThan(0);
  expect((await server.content("LOGS")) === log.content).toBe(true);
});

test("a stream that was set back is refilled from the file and the rotated files", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const log = new GrowingLog();
  const once = forwardTo(server, log.path, "--once", "--block", "4KiB");
  log.grow(1000);
  expect(await runForwarder(once)).toMatchObject({ status: 0 });
  await server.kill("SIGTERM");
  server.snapshot();
  await server.start();
  log.grow(1000);
  log.rotate();
  log.grow(1000);
  expect(await runForwarder(once)).toMatchObject({ status: 0 });
  await server.kill();
  server.restore();
  await server.start();
  log.grow(10);
  const ended = await runForwarder(once);
  expect(ended).toMatchObject({ status: 0 });
  expect(ended.stderr).toContain("the stream has lost blocks");
  expect((await server.content("LOGS")) === log.content).toBe(true);
});

test("a purge is not a loss: nothing is sent again", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const log = new GrowingLog();
  log.grow(100);
  const once = forwardTo(server, log.path, "--once");
  expect(await runForwarder(once)).toMatchObject({ status: 0 });
  await server.ask((manager) => manager.streams.purge("LOGS"));
  log.grow(1);
  expect(await runForwarder(once)).toMatchObject({ status: 0, done: { lines: 1 } });
  expect(await server.content("LOGS")).toBe(lines(100, 1));
});

test("a line above the server's limit is rejected, and the rest is forwarded", async () => {
  const server = await NatsServer.start("max_payload: 65536");
  await server.createStream("LOGS");
  const [before, after] = [lines(0, 500), lines(500, 500)];
  const long = `{"message":"${"y".repeat(2 * 1024 * 1024)}"}\n`;
  const path = logFile(before + long + after);
  const ended = await runForwarder(forwardTo(server, path, "--once"));
  expect(ended).toMatchObject({ status: 3, done: { lines: 1000, rejected: 1, backlogBytes: 0 } });
  expect(await server.content("LOGS")).toBe(before + after);
  expect(await runForwarder(forwardTo(server, path, "--once"))).toMatchObject({ status: 0, done: { rejected: 0 } });
});

test("with a server that is gone, SIGTERM ends it with 4 and the size of the backlog", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const log = new GrowingLog();
  const forwarder = startForwarder(forwardTo(server, log.path));
  await forwarder.event("connected");
  await server.kill();
  log.grow(10);
  forwarder.child.kill("SIGTERM");
  expect(await forwarder.ended).toBe(4);
  expect(forwarder.lines.at(-1)).toMatchObject({ event: "done", backlogBytes: log.content.length });
});

test.each([
  ["a missing stream", [], "there is no such stream"],
  ["a subject that the stream doesn't take", ["--subject", "other.{host}"], "doesn't take the subject other.h"],
])("%s ends it with 5", async (what, options, message) => {
  const server = await NatsServer.start();
  if (options.length > 0) await server.createStream("LOGS");
  const ended = await runForwarder(forwardTo(server, logFile(lines(0, 1)), "--once", ...options));
  expect(ended.status, what).toBe(5);
  expect(ended.stderr).toContain(message);
});

test("a second forwarder of the same file is refused", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const path = logFile(lines(0, 1));
  const first = startForwarder(forwardTo(server, path));
  await first.event("connected");
  const second = await runForwarder(forwardTo(server, path, "--once"));
  expect(second.status).toBe(1);
  expect(second.stderr).toContain(`pid ${first.child.pid}`);
});
