import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MessageReceiver } from "../support/message-receiver.ts";
import { seqs, upTo } from "../support/produced-lines.ts";
import { ProducerProcess, runProducer, summaryOf } from "../support/producer-process.ts";
import { StreamReceiver } from "../support/stream-receiver.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Several times what the kernel buffers on any transport. */
const COUNT = 20_011;
const FLOOD = ["--rate", "max", "-n", String(COUNT)];

async function expectAllSent(args: readonly string[]): Promise<void> {
  const finished = await runProducer(args);
  expect(finished).toMatchObject({ status: 0, stderr: "" });
  expect(summaryOf(finished)).toMatchObject({ sent: COUNT, unsent: { tooLong: 0, refused: 0, broken: 0 } });
}

test.each([[[]], [["--batch", "1"]], [["--batch", "1000"]]])(
  "unixsock, %j: every line, whole and in order",
  async (more) => {
    const path = join(temporaryDirectory(), "log.sock");
    const receiver = await StreamReceiver.listen({ path });
    await expectAllSent([`unixsock=${path}`, ...FLOOD, ...more]);
    await receiver.lines(COUNT);
    expect(seqs(receiver.text)).toEqual(upTo(COUNT));
  },
);

test("tcp by name: every line, whole and in order", async () => {
  const receiver = await StreamReceiver.listen({ host: "127.0.0.1", port: 0 });
  await expectAllSent([`tcp=localhost:${receiver.port}`, ...FLOOD]);
  await receiver.lines(COUNT);
  expect(seqs(receiver.text)).toEqual(upTo(COUNT));
});

test("unixgram: waits for a receiver with a full queue, then every line arrives in order", async () => {
  const path = join(temporaryDirectory(), "log.sock");
  const receiver = await MessageReceiver.start("unixgram", path, { paused: true });
  const producer = new ProducerProcess([`unixgram=${path}`, ...FLOOD]);
  await producer.blocked();
  receiver.resume();
  expect(summaryOf(await producer.finished)).toMatchObject({ sent: COUNT, unsent: { broken: 0, tooLong: 0 } });
  await receiver.lines(COUNT);
  expect(seqs(receiver.text)).toEqual(upTo(COUNT));
});

test("fifo: every line, in writes that other writers can't get into", async () => {
  const path = join(temporaryDirectory(), "fifo");
  execFileSync("mkfifo", [path]);
  const receiver = await MessageReceiver.start("fifo", path);
  const producers = ["a", "b", "c"].map((id) => runProducer([`fifo=${path}`, ...FLOOD, "--id", id]));
  for (const finished of await Promise.all(producers)) expect(summaryOf(finished)).toMatchObject({ sent: COUNT });
  await receiver.lines(3 * COUNT);
  const lines = receiver.text.split("\n").slice(0, -1);
  expect(lines).toHaveLength(3 * COUNT);
  const next = new Map([
    ["a", 0],
    ["b", 0],
    ["c", 0],
  ]);
  for (const line of lines) {
    const { producer, seq } = JSON.parse(line);
    if (seq !== next.get(producer)) expect(`${producer} ${seq}`).toBe(`${producer} ${next.get(producer)}`);
    next.set(producer, seq + 1);
  }
});

test.each(["127.0.0.1", "::1"])("udp to %s: every line that is sent slowly enough", async (host) => {
  const receiver = await MessageReceiver.start("udp", `${host}:0`);
  const address = host.includes(":") ? `[${host}]` : host;
  const finished = await runProducer([`udp=${address}:${receiver.port}`, "--rate", "2000", "-n", "1000"]);
  expect(summaryOf(finished)).toMatchObject({ sent: 1000, unsent: { refused: 0 } });
  await receiver.lines(1000);
  expect(seqs(receiver.text)).toEqual(upTo(1000));
});

test("udp with nobody listening: every line is counted as refused", async () => {
  const receiver = await MessageReceiver.start("udp", "127.0.0.1:0");
  await receiver.kill();
  const ticks = await runProducer([`udp=127.0.0.1:${receiver.port}`, "-n", "5", "-i", "5"]);
  expect(ticks.status).toBe(3);
  expect(summaryOf(ticks)).toMatchObject({ sent: 0, unsent: { refused: 5 } });
  const flood = await runProducer([`udp=127.0.0.1:${receiver.port}`, "-n", "500", "--rate", "max"]);
  const { sent, unsent } = summaryOf(flood);
  expect(sent + unsent.refused).toBe(500);
  expect(unsent.refused).toBeGreaterThan(0);
});

test("a flood ends at once when asked to, with every line accounted for", async () => {
  const path = join(temporaryDirectory(), "log.sock");
  const receiver = await StreamReceiver.listen({ path });
  const producer = new ProducerProcess([`unixsock=${path}`, "--rate", "max"]);
  await receiver.lines(1000);
  producer.kill("SIGTERM");
  const finished = await producer.finished;
  expect(finished.status).toBe(0);
  const { sent } = summaryOf(finished);
  await receiver.lines(sent);
  expect(receiver.text.match(/\n/g)).toHaveLength(sent);
});
