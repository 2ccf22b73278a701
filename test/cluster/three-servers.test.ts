import { once } from "node:events";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { runForwarder, startForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { NatsCluster } from "../support/nats/nats-cluster.ts";
import type { StoredMessage } from "../support/nats/nats-process.ts";
import { WITHOUT_NATS } from "../support/nats/nats-programs.ts";
import { startReading } from "../support/stream-reading.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const FORBIDDEN = `, permissions: { publish: { deny: ["logs.>"] } }`;
const directory = mkdtempSync(join(tmpdir(), "log-test-"));
let cluster: NatsCluster;
let streams = 0;

/** @param permissions of the user who forwards */
function settings(permissions = ""): string {
  const users = `{ user: admin, password: a }, { user: shipper, password: "s3cret"${permissions} }`;
  return `max_payload: 65536\nauthorization { users: [ ${users} ] }`;
}

beforeAll(async () => {
  if (WITHOUT_NATS !== undefined) return;
  const user = { user: "admin", pass: "a" };
  cluster = await NatsCluster.start({ servers: 3, directory, settings: settings(), user });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

beforeEach((context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
});

/** A new stream of three replicas, and how to forward a file to it. */
async function newStream(config: Record<string, unknown> = {}): Promise<{ stream: string; to: readonly string[] }> {
  const stream = `S${streams++}`;
  await cluster.createStream(stream, { subjects: [`logs.${stream}`], ...config });
  const users = join(temporaryDirectory(), "user");
  writeFileSync(users, "shipper:s3cret", { mode: 0o600 });
  const place = ["--stream", stream, "--subject", `logs.${stream}`, "--user-file", users];
  return { stream, to: ["--to", cluster.url, ...place, "--block", "8KiB", "--linger", "5ms"] };
}

async function messages(stream: string): Promise<StoredMessage[]> {
  const found: StoredMessage[] = [];
  await cluster.eachMessage(stream, (message) => found.push(message));
  return found;
}

async function content(stream: string): Promise<string> {
  return joined(await messages(stream));
}

function joined(found: readonly StoredMessage[]): string {
  return Buffer.concat(found.map(({ bytes }) => bytes)).toString("latin1");
}

function lines(from: number, count: number): string {
  return Array.from({ length: count }, (_, n) => `{"n":${from + n},"message":"${"x".repeat(n % 200)}"}\n`).join("");
}

test("a wrong password ends it with 5", async () => {
  const { to } = await newStream();
  const users = join(temporaryDirectory(), "user");
  writeFileSync(users, "shipper:wrong", { mode: 0o600 });
  const ended = await runForwarder([logFile(lines(0, 1)), ...to, "--user-file", users]);
  expect(ended).toMatchObject({ status: 5 });
  expect(ended.stderr).toContain("refuses this user");
});

test("a permission that is taken away ends it with 5, and once it is given again nothing is missing", async () => {
  const { stream, to } = await newStream();
  const path = logFile(lines(0, 1000));
  const forwarder = startForwarder([path, ...to]);
  await cluster.grown(stream, 10);
  await cluster.reload(settings(FORBIDDEN));
  appendFileSync(path, lines(1000, 1000));
  expect(await forwarder.ended).toBe(5);
  expect(forwarder.stderr).toContain("this user may not do that");
  await cluster.reload(settings());
  expect(await runForwarder([path, ...to, "--once"])).toMatchObject({ status: 0 });
  expect((await content(stream)) === lines(0, 1000) + lines(1000, 1000)).toBe(true);
});

test.each([
  ["ids", []],
  ["expected numbers", ["--exclusive-stream"]],
])("with %s, what a full stream refused is stored once, when there is space", async (_, more) => {
  const all = lines(0, 4000);
  const { stream, to } = await newStream({ max_bytes: 100_000, discard: "new" });
  const path = logFile(all);
  const forwarder = startForwarder([path, ...to, ...more]);
  await forwarder.event("connected");
  await new Promise<void>((resolve) => {
    const look = (): void => void (forwarder.stderr.includes("trying again") && resolve());
    forwarder.child.stderr?.on("data", look);
    look();
  });
  await cluster.ask((manager) => manager.streams.update(stream, { max_bytes: 100_000_000 }));
  await cluster.grown(stream, 30);
  forwarder.child.kill("SIGTERM");
  expect(await forwarder.ended).toBe(0);
  // nats-server 2.10 takes refused blocks for duplicates, and stores those behind them first.
  const inOrder = (await messages(stream)).sort((a, b) => a.offset - b.offset);
  expect(joined(inOrder) === all).toBe(true);
});

test("check --publish finds nothing amiss, and stores nothing", async () => {
  const { stream, to } = await newStream();
  const path = logFile(lines(0, 10));
  const { status, events, stderr } = await runForwarder(["check", path, ...to.slice(0, -4), "--publish"]);
  expect(status, stderr).toBe(0);
  expect(events.filter(({ level }) => level === "fail")).toEqual([]);
  expect(events).toContainEqual(expect.objectContaining({ subject: "publishing", level: "ok" }));
  expect(await cluster.lastSequence(stream)).toBe(0);
});

test("a reader that follows goes on when the leader steps down, with each line once", async () => {
  const { stream, to } = await newStream();
  const path = logFile("");
  const reader = startReading(
    cluster,
    "--follow",
    "--stream",
    stream,
    "--user-file",
    to[to.indexOf("--user-file") + 1] ?? "",
  );
  let printed = "";
  reader.stdout.setEncoding("latin1").on("data", (chunk: string) => {
    printed += chunk;
  });
  let content = "";
  for (let round = 0; round < 4; round++) {
    if (round > 0) await cluster.ask((_, server) => server.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`));
    content += lines(500 * round, 500);
    appendFileSync(path, lines(500 * round, 500));
    expect(await runForwarder([path, ...to, "--once"])).toMatchObject({ status: 0 });
    while (printed.length < content.length) await once(reader.stdout, "data");
    expect(printed === content).toBe(true);
  }
});

test("a purge is not a loss: nothing is sent again", async () => {
  const { stream, to } = await newStream();
  const path = logFile(lines(0, 100));
  expect(await runForwarder([path, ...to, "--once"])).toMatchObject({ status: 0, done: { lines: 100 } });
  await cluster.ask((manager) => manager.streams.purge(stream));
  appendFileSync(path, lines(100, 1));
  expect(await runForwarder([path, ...to, "--once"])).toMatchObject({ status: 0, done: { lines: 1 } });
  expect(await content(stream)).toBe(lines(100, 1));
});

test("a line of 2 MiB above max_payload is rejected, and the rest is forwarded", async () => {
  const { stream, to } = await newStream();
  const long = `{"message":"${"y".repeat(2 * 1024 * 1024)}"}\n`;
  const path = logFile(lines(0, 500) + long + lines(500, 500));
  const ended = await runForwarder([path, ...to, "--once", "--block", "1MiB"]);
  expect(ended).toMatchObject({ status: 3, done: { lines: 1000, rejected: 1, backlogBytes: 0 } });
  expect((await content(stream)) === lines(0, 500) + lines(500, 500)).toBe(true);
});

test("messages of another program between the blocks change nothing", async () => {
  const { stream, to } = await newStream();
  const all = lines(0, 3000);
  const path = logFile(all);
  const servers = cluster.nodes.map(({ address }) => address);
  const connection = await connect({ servers, user: "admin", pass: "a" });
  onTestFinished(() => connection.close());
  let messages = 0;
  connection.subscribe(`logs.${stream}`, {
    callback: (_, { headers }) => {
      if (headers !== undefined && messages++ % 3 === 0) connection.publish(`logs.${stream}`, "");
    },
  });
  await connection.flush();
  expect(await runForwarder([path, ...to, "--once"])).toMatchObject({ status: 0, done: { lines: 3000 } });
  expect((await content(stream)) === all).toBe(true);
});
