import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { connect, headers as newHeaders } from "@nats-io/transport-node";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { crc32 } from "../../src/checkpoint/crc32.ts";
import { type EndedForwarder, runForwarder, startForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { NatsServer, WITHOUT_NATS } from "../support/nats-server.ts";
import { NumberedLog } from "../support/numbered-log.ts";
import { readStream } from "../support/stream-reading.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

beforeEach((context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
});

function lines(count: number): string {
  return Array.from({ length: count }, (_, n) => `{"n":${n},"msg":"${"request completed ".repeat(n % 9)}"}\n`).join("");
}

function forwardTo(server: NatsServer, path: string, ...more: string[]): string[] {
  return [path, "--to", server.url, "--stream", "LOGS", "--host", "web1", "--linger", "5ms", ...more];
}

async function emptyStream(settings?: string): Promise<NatsServer> {
  const server = await NatsServer.start(settings);
  await server.createStream("LOGS");
  return server;
}

function audit(server: NatsServer): Promise<EndedForwarder> {
  return runForwarder(["audit", server.url, "--stream", "LOGS"]);
}

test.each([
  ["block", []],
  ["block", ["--compress", "gzip"]],
  ["block", ["--compress", "br"]],
  ["line", []],
  ["line", ["--compress", "br"]],
])("with --unit %s %j a reader gets the same bytes, and each message names its own", async (unit, compress) => {
  const server = await emptyStream();
  const content = lines(2000);
  const path = logFile(content);
  const once = forwardTo(server, path, "--once", "--unit", unit, "--block", "8KiB", ...compress);
  const ended = await runForwarder(once);
  expect(ended).toMatchObject({ status: 0, done: { lines: 2000, bytes: content.length, backlogBytes: 0 } });
  expect((await readStream(server)).printed).toBe(content);
  expect((await audit(server)).events.at(-1)).toMatchObject({ files: 1, flawed: 0, lines: 2000 });
  const blocks = ended.done?.["blocks"];
  if (unit === "line") expect(blocks).toBe(2000);
  const message = await server.ask((manager) => manager.streams.getMessage("LOGS", { seq: 2 }));
  const found = Object.fromEntries([...(message?.header ?? [])].map(([name, [value]]) => [name, value]));
  const [offset, length] = [Number(found["Log-Offset"]), Number(found["Log-Length"])];
  const bytes = Buffer.from(content.slice(offset, offset + length));
  const file = found["Log-File"];
  expect(found).toEqual({
    "Nats-Msg-Id": `${file}:${offset}:${length}:0`,
    "Log-Version": "1",
    "Log-File": expect.stringMatching(/^[0-9a-f]{16}$/),
    "Log-Offset": String(offset),
    "Log-Length": String(length),
    "Log-Lines": String(bytes.toString().split("\n").length - 1),
    "Log-Crc32": crc32(bytes).toString(16).padStart(8, "0"),
    "Log-Host": "web1",
    ...(compress.length > 0 && unit === "block" ? { "Content-Encoding": compress[1] } : {}),
  });
});

test("kill -9 loses and doubles nothing, whatever unit and compression each run has", async () => {
  const server = await emptyStream();
  const log = new NumberedLog(temporaryDirectory());
  const kinds = [["--unit", "line"], ["--compress", "br"], ["--unit", "line", "--compress", "gzip"], []];
  let killedAt = Number.POSITIVE_INFINITY;
  let messages = 0;
  let forwarder = startForwarder(forwardTo(server, log.path));
  const connection = await connect({ servers: server.address, reconnect: false });
  onTestFinished(() => connection.close());
  connection.subscribe("logs.*", {
    callback: () => {
      if (++messages === killedAt) forwarder.child.kill("SIGKILL");
    },
  });
  await connection.flush();
  forwarder.child.kill("SIGKILL");
  await forwarder.ended;
  for (let round = 0; round < 8; round++) {
    log.grow(1000);
    if (round % 4 === 3) log.rotate();
    log.grow(100);
    killedAt = messages + 1 + ((round * 7) % 20);
    forwarder = startForwarder(forwardTo(server, log.path, "--block", "4KiB", ...(kinds[round % 4] ?? [])));
    await forwarder.ended;
  }
  killedAt = Number.POSITIVE_INFINITY;
  const ended = await runForwarder(forwardTo(server, log.path, "--once", "--unit", "line"));
  expect(ended).toMatchObject({ status: 0, done: { backlogBytes: 0 } });
  const content = log.files.map((path) => readFileSync(path, "latin1")).join("");
  expect((await readStream(server)).printed === content).toBe(true);
  expect((await audit(server)).events.at(-1)).toMatchObject({ flawed: 0, lines: log.lines });
});

test("the server's limit is about compressed bytes", async () => {
  const server = await emptyStream("max_payload: 65536");
  const [before, after] = [lines(50), lines(60)];
  const long = `{"msg":"${"y".repeat(1024 * 1024)}"}\n`;
  const noise = `{"msg":"${randomBytes(100_000).toString("base64")}"}\n`;
  const path = logFile(before + long + noise + after);
  const ended = await runForwarder(forwardTo(server, path, "--once", "--compress", "gzip"));
  expect(ended).toMatchObject({ status: 3, done: { lines: 111, rejected: 1, backlogBytes: 0 } });
  expect((await readStream(server)).printed === before + long + after).toBe(true);
  const [rejected] = readFileSync(`${path}.rejected.jsonl`, "utf8").trimEnd().split("\n");
  expect(JSON.parse(rejected ?? "")).toMatchObject({ reason: "tooLong", length: noise.length });
});

test("messages that can't be unpacked are counted as damaged, and the others are read", async () => {
  const server = await emptyStream();
  const content = lines(20);
  const path = logFile(content);
  expect(await runForwarder(forwardTo(server, path, "--once", "--compress", "gzip"))).toMatchObject({ status: 0 });
  const connection = await connect({ servers: server.address, reconnect: false });
  onTestFinished(() => connection.close());
  const packed = gzipSync(content);
  const send = (bytes: Buffer, encoding: string, length = content.length): void => {
    const headers = newHeaders();
    const own = { Version: 1, File: "f".repeat(16), Offset: 0, Length: length, Lines: 20, Crc32: "0", Host: "web2" };
    for (const [name, value] of Object.entries(own)) headers.set(`Log-${name}`, String(value));
    headers.set("Content-Encoding", encoding);
    connection.publish("logs.web2", bytes, { headers });
  };
  send(packed.subarray(0, 100), "gzip");
  send(packed, "br");
  send(packed, "zstd");
  send(gzipSync(Buffer.alloc(50 * 1024 * 1024)), "gzip", 1000);
  send(packed, "gzip", 2 ** 40);
  await connection.flush();
  const { printed, log } = await readStream(server);
  expect(printed).toBe(content);
  expect(log).toContain("5 blocks are not as they were sent");
  const audited = await audit(server);
  expect(audited.status).toBe(3);
  expect(audited.events).toMatchObject([{ host: "web1", damaged: 0 }, { host: "web2", damaged: 5 }, {}]);
});
