import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { connect } from "@nats-io/transport-node";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { runForwarder, startForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { NatsServer, WITHOUT_NATS } from "../support/nats-server.ts";
import { readStream, startReading } from "../support/stream-reading.ts";

beforeEach((context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
});

function lines(name: string, count: number): string {
  return Array.from({ length: count }, (_, n) => `{"from":"${name}","n":${n}}\n`).join("");
}

test("a second machine reads what was forwarded, of all hosts or of one", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const contents = { web1: lines("web1", 5000), web2: lines("web2", 3000) };
  for (const [host, content] of Object.entries(contents)) {
    const to = ["--to", server.url, "--stream", "LOGS", "--host", host, "--once"];
    expect(await runForwarder([logFile(content), ...to])).toMatchObject({ status: 0 });
  }
  const audit = await runForwarder(["audit", server.url, "--stream", "LOGS"]);
  expect(audit.status).toBe(0);
  expect(audit.events.at(-1)).toEqual({ event: "audited", files: 2, flawed: 0, lines: 8000, foreign: 0 });
  expect((await readStream(server)).printed).toBe(contents.web1 + contents.web2);
  expect((await readStream(server, "--host", "web2")).printed).toBe(contents.web2);
  expect((await readStream(server, "--since", "2099-01-01T00:00:00Z")).printed).toBe("");
  expect((await readStream(server, "--since", "1h")).printed).toBe(contents.web1 + contents.web2);
});

test("--follow prints each line once while the server is killed and started again", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const path = logFile("");
  startForwarder([path, "--to", server.url, "--stream", "LOGS", "--linger", "5ms"]);
  const reading = startReading(server, "--follow");
  let printed = "";
  const content = lines("here", 3000);
  const third = content.length / 3;
  const grown = async (bytes: number): Promise<void> => {
    while (printed.length < bytes) await once(reading.stdout, "data");
  };
  reading.stdout.setEncoding("latin1").on("data", (chunk: string) => {
    printed += chunk;
  });
  for (let part = 1; part <= 3; part++) {
    appendFileSync(path, content.slice(Math.floor((part - 1) * third), Math.floor(part * third)));
    await grown(content.lastIndexOf("\n", Math.floor(part * third) - 1) + 1);
    if (part === 3) break;
    await server.kill();
    await server.start();
  }
  expect(printed).toBe(content);
});

test("messages of other programs are left out, and damaged blocks are reported", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const content = lines("here", 10);
  const to = ["--to", server.url, "--stream", "LOGS", "--host", "h", "--once"];
  expect(await runForwarder([logFile(content), ...to])).toMatchObject({ status: 0 });
  const message = await server.ask((manager) => manager.streams.getMessage("LOGS", { seq: 1 }));
  const connection = await connect({ servers: server.url.slice("nats://".length), reconnect: false });
  onTestFinished(() => connection.close());
  connection.publish("logs.h", "not a block");
  const headers = message?.header;
  headers?.delete("Nats-Msg-Id");
  if (headers !== undefined) connection.publish("logs.h", content.replace("here", "HERE"), { headers });
  await connection.flush();
  const audit = await runForwarder(["audit", server.url, "--stream", "LOGS"]);
  expect(audit.status).toBe(3);
  expect(audit.events).toMatchObject([
    { event: "file", host: "h", lines: 20, gaps: 0, overlaps: 1, overlapBytes: content.length, damaged: 1 },
    { event: "audited", files: 1, flawed: 1, lines: 20, foreign: 1 },
  ]);
  const { printed, log } = await readStream(server);
  expect(printed).toBe(content + content.replace("here", "HERE"));
  expect(log).toContain("1 messages of other programs");
  expect(log).toContain("1 blocks are not as they were sent");
});
