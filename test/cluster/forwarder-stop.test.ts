import { appendFileSync } from "node:fs";
import { dirname } from "node:path";
import { connect } from "@nats-io/transport-node";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { FORWARDER, runForwarder, startForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { NatsServer, WITHOUT_NATS } from "../support/nats-server.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { Terminal } from "../support/terminal.ts";

beforeEach((context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
});

/** To the end of the screen. */
const ERASE = "\u001b[J";

const LINES = Array.from({ length: 10_000 }, (_, n) => `{"n":${n},"message":"${"x".repeat(80)}"}\n`).join("");

async function startServer(): Promise<NatsServer> {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  return server;
}

function forwardTo(server: { readonly port: number }, path: string, ...more: string[]): string[] {
  return [
    path,
    "--to",
    `nats://127.0.0.1:${server.port}`,
    "--stream",
    "LOGS",
    "--host",
    "h",
    "--linger",
    "5ms",
    ...more,
  ];
}

/** Resolves at the first message that the server gets from now on. */
async function firstMessage(server: NatsServer): Promise<Promise<void>> {
  const connection = await connect({ servers: server.url, reconnect: false });
  onTestFinished(() => connection.close());
  const seen = new Promise<void>((resolve) => connection.subscribe("logs.*", { max: 1, callback: () => resolve() }));
  await connection.flush();
  return seen;
}

test("on SIGTERM it waits for a server that doesn't answer, and ends with 0 when all is acknowledged", async () => {
  const server = await startServer();
  const path = logFile("");
  const forwarder = startForwarder(forwardTo(server, path));
  await forwarder.event("connected");
  server.signal("SIGSTOP");
  appendFileSync(path, LINES);
  forwarder.child.kill("SIGTERM");
  server.signal("SIGCONT");
  expect(await forwarder.ended).toBe(0);
  expect(forwarder.lines.at(-1)).toMatchObject({ event: "done", backlogBytes: 0 });
  expect((await server.content("LOGS")) === LINES).toBe(true);
});

test("a second SIGTERM ends it at once, and the next run goes on where it was", async () => {
  const server = await startServer();
  const path = logFile(LINES);
  const forwarder = startForwarder(forwardTo(server, path, "--block", "4KiB", "--window", "1"));
  await forwarder.event("connected");
  server.signal("SIGSTOP");
  forwarder.child.kill("SIGTERM");
  forwarder.child.kill("SIGINT");
  expect(await forwarder.ended).toBe(1);
  server.signal("SIGCONT");
  expect(await runForwarder(forwardTo(server, path, "--once"))).toMatchObject({ status: 0 });
  expect((await server.content("LOGS")) === LINES).toBe(true);
});

test("a stream that is deleted while it runs ends it with 5; with --create-stream it is made again and refilled", async () => {
  const server = await startServer();
  const path = logFile(LINES);
  for (const [options, status] of [
    [[], 5],
    [["--create-stream"], 0],
  ] as const) {
    const forwarder = startForwarder(forwardTo(server, path, ...options));
    await forwarder.event("connected");
    const seen = status === 0 ? await firstMessage(server) : Promise.resolve();
    await server.ask((manager) => manager.streams.delete("LOGS").catch(() => false));
    appendFileSync(path, "{}\n");
    await seen;
    if (status === 0) forwarder.child.kill("SIGTERM");
    expect(await forwarder.ended, forwarder.stderr).toBe(status);
    if (status === 5) await server.createStream("LOGS");
  }
  expect((await server.content("LOGS")) === `${LINES}{}\n{}\n`).toBe(true);
});

test("on a terminal, --once shows lines, rate, backlog and the time left, and then the result", async () => {
  const server = await startServer();
  await using slow = await TcpProxy.start(
    () => server.port,
    () => ({ delayMs: 3 }),
  );
  const path = logFile(LINES);
  const command = [process.execPath, FORWARDER, ...forwardTo(slow, path, "--once", "--block", "4KiB", "--window", "1")];
  const terminal = new Terminal(command, 100, { cwd: dirname(path) });
  await terminal.shows(/[\d.]+k? lines {3}\d+\.\d MB\/s {3}\d+kB behind {3}\d+s left/);
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  // The result replaces the line.
  const result = output.slice(output.lastIndexOf(ERASE) + ERASE.length);
  expect(result).toMatch(/^forwarded 10000 lines \([\d.]+[kM]B\) to nats stream LOGS subject logs\.h in [\d.]+ s\r\n$/);
});

test("on a terminal, the backlog is shown while the server is down, and Ctrl-C ends it when all is forwarded", async () => {
  const server = await startServer();
  const path = logFile("");
  const terminal = new Terminal([process.execPath, FORWARDER, ...forwardTo(server, path)], 100, { cwd: dirname(path) });
  await terminal.shows(/forwarding to nats stream LOGS/);
  await server.kill();
  appendFileSync(path, LINES);
  await terminal.shows(/0 lines {3}0\.0 MB\/s {3}[\d.]+MB behind/);
  await server.start();
  terminal.type("\u0003");
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  expect(output).toMatch(/forwarded 10000 lines .*\r\n$/);
});
