import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { beforeEach, expect, test } from "vitest";
import { runForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { NatsServer, WITHOUT_NATS } from "../support/nats-server.ts";
import { type ReadingProcess, startReading } from "../support/stream-reading.ts";

beforeEach((context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
});

function lines(from: number, count: number): string {
  return Array.from({ length: count }, (_, n) => `{"n":${from + n}}\n`).join("");
}

interface Ending {
  readonly status: number | null;
  readonly log: string;
}

async function endingOf(reader: ReadingProcess): Promise<Ending> {
  const [[status], log] = await Promise.all([once(reader, "close"), text(reader.stderr)]);
  return { status, log };
}

/** A stream that a file is forwarded to now and then, and a reader that follows it. */
class Scene {
  readonly server: NatsServer;
  readonly #path = logFile("");
  #reader: ReadingProcess | undefined;
  /** Its status and what it said on stderr. */
  #ending: Promise<Ending> | undefined;
  /** What the reader has printed. */
  printed = "";

  constructor(server: NatsServer) {
    this.server = server;
  }

  static async start(): Promise<Scene> {
    const scene = new Scene(await NatsServer.start());
    await scene.server.createStream("LOGS");
    return scene;
  }

  get reader(): ReadingProcess {
    if (this.#reader === undefined) throw new Error("nobody follows yet");
    return this.#reader;
  }

  follow(): void {
    const reader = startReading(this.server, "--follow");
    this.#reader = reader;
    this.#ending = endingOf(reader);
    reader.stdout.setEncoding("latin1").on("data", (chunk: string) => {
      this.printed += chunk;
    });
  }

  async forward(more: string): Promise<void> {
    appendFileSync(this.#path, more);
    const to = ["--to", this.server.url, "--stream", "LOGS", "--host", "h", "--once", "--block", "1KiB"];
    const { status, stderr } = await runForwarder([this.#path, ...to]);
    expect(status, stderr).toBe(0);
  }

  async hasPrinted(expected: string): Promise<void> {
    while (this.printed.length < expected.length) await once(this.reader.stdout, "data");
    expect(this.printed).toBe(expected);
  }

  ended(): Promise<Ending> {
    return this.#ending ?? endingOf(this.reader);
  }
}

test("what is purged while it is read ends the reading", async () => {
  const scene = await Scene.start();
  const content = lines(0, 50_000);
  await scene.forward(content);
  const reader = startReading(scene.server);
  const ending = endingOf(reader);
  // It has read some blocks, and waits for somebody who reads its stdout.
  await once(reader.stdout, "readable");
  await scene.server.ask((manager) => manager.streams.purge("LOGS"));
  const printed = await text(reader.stdout);
  expect(await ending).toEqual({ status: 0, log: "" });
  expect(content.startsWith(printed)).toBe(true);
  expect(printed.endsWith("\n")).toBe(true);
});

test("--follow goes on when its consumer is deleted, with each line once", async () => {
  const scene = await Scene.start();
  await scene.forward(lines(0, 1000));
  scene.follow();
  await scene.hasPrinted(lines(0, 1000));
  await scene.server.ask(async (manager) => {
    for await (const { name } of manager.consumers.list("LOGS")) await manager.consumers.delete("LOGS", name);
  });
  await scene.forward(lines(1000, 1000));
  await scene.hasPrinted(lines(0, 2000));
});

test("--follow says how many messages were removed before it came to them", async () => {
  const scene = await Scene.start();
  await scene.forward(lines(0, 10));
  scene.follow();
  await scene.hasPrinted(lines(0, 10));
  scene.reader.kill("SIGSTOP");
  await scene.server.ask(async (manager) => {
    for await (const { name } of manager.consumers.list("LOGS")) await manager.consumers.delete("LOGS", name);
  });
  await scene.forward(lines(10, 10));
  await scene.server.ask((manager) => manager.streams.purge("LOGS"));
  await scene.forward(lines(20, 10));
  scene.reader.kill("SIGCONT");
  await scene.hasPrinted(lines(0, 10) + lines(20, 10));
  scene.reader.kill("SIGTERM");
  const { status, log } = await scene.ended();
  expect(status).toBe(0);
  expect(log).toContain("1 messages were no longer in the stream");
});

test("--follow of a stream that is deleted ends with 5", async () => {
  const scene = await Scene.start();
  await scene.forward(lines(0, 10));
  scene.follow();
  await scene.hasPrinted(lines(0, 10));
  await scene.server.ask((manager) => manager.streams.delete("LOGS"));
  const { status, log } = await scene.ended();
  expect(status).toBe(5);
  expect(log).toContain("there is no such stream");
});

test.each([
  ["shorter", 10],
  ["longer", 2000],
])("--follow of a stream that is created anew, and %s, ends with 5", async (_, count) => {
  const scene = await Scene.start();
  await scene.forward(lines(0, 1000));
  scene.follow();
  await scene.hasPrinted(lines(0, 1000));
  scene.reader.kill("SIGSTOP");
  await scene.server.ask((manager) => manager.streams.delete("LOGS"));
  await scene.server.createStream("LOGS");
  const other = logFile(lines(5000, count));
  const to = ["--to", scene.server.url, "--stream", "LOGS", "--once", "--block", "1KiB"];
  expect(await runForwarder([other, ...to])).toMatchObject({ status: 0 });
  scene.reader.kill("SIGCONT");
  const { status, log } = await scene.ended();
  expect(status, log).toBe(5);
  expect(log).toContain("the stream was set back, or deleted and created anew");
  expect(scene.printed).toBe(lines(0, 1000));
});

test("--follow of a stream that was set back and refilled ends with 5", async () => {
  const scene = await Scene.start();
  await scene.forward(lines(0, 100));
  await scene.server.kill("SIGTERM");
  scene.server.snapshot();
  await scene.server.start();
  await scene.forward(lines(100, 1000));
  scene.follow();
  await scene.hasPrinted(lines(0, 1100));
  await scene.server.kill();
  scene.reader.kill("SIGSTOP");
  scene.server.restore();
  await scene.server.start();
  await scene.forward(lines(1100, 1000));
  scene.reader.kill("SIGCONT");
  const { status, log } = await scene.ended();
  expect(status, log).toBe(5);
  expect(log).toContain("the stream was set back, or deleted and created anew");
  expect(scene.printed).toBe(lines(0, 1100));
});

test.each([[[]], [["--follow"]]])("%j: a reader of stdout that has enough ends it quietly", async (more) => {
  const scene = await Scene.start();
  await scene.forward(lines(0, 50_000));
  const reader = startReading(scene.server, ...more);
  const ending = endingOf(reader);
  await once(reader.stdout, "data");
  reader.stdout.destroy();
  expect(await ending).toEqual({ status: 0, log: "" });
});
