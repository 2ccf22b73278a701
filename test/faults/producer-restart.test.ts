import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MessageReceiver } from "../support/message-receiver.ts";
import { seqs, upTo } from "../support/produced-lines.ts";
import { ProducerProcess, summaryOf } from "../support/producer-process.ts";
import { StreamReceiver } from "../support/stream-receiver.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const TICKS = ["-n", "40", "-i", "10ms"];

function newPath(): string {
  return join(temporaryDirectory(), "log");
}

test("unixsock: waits for an aggregator that starts later", async () => {
  const path = newPath();
  const producer = new ProducerProcess([`unixsock=${path}`, "-n", "3", "-i", "1"]);
  expect(await producer.diagnostic("waiting for an aggregator")).toContain(path);
  const receiver = await StreamReceiver.listen({ path });
  expect(await producer.finished).toMatchObject({ status: 0 });
  expect(seqs(receiver.text)).toEqual(upTo(3));
});

test("unixsock: continues with the next aggregator, and accounts for every line", async () => {
  const path = newPath();
  const first = await StreamReceiver.listen({ path });
  const producer = new ProducerProcess([`unixsock=${path}`, ...TICKS]);
  await first.lines(10);
  first.stop();
  const second = await StreamReceiver.listen({ path });
  const finished = await producer.finished;
  const { sent, unsent } = summaryOf(finished);
  expect(unsent.broken).toBe(0);
  expect(sent + unsent.inDoubt).toBe(40);
  expect(finished.status).toBe(unsent.inDoubt > 0 ? 3 : 0);
  const received = [...seqs(first.text), ...seqs(second.text)];
  expect(received).toEqual([...new Set(received)].sort((a, b) => a - b));
  expect(received.at(-1)).toBe(39);
  // Whether the lines on their way when it broke have arrived can't be known.
  expect(received.length).toBeGreaterThanOrEqual(sent);
});

test.each(["unixsock", "tcp"])(
  "%s: what a receiver never read is in doubt, and the rest goes to the next one",
  async (name) => {
    const path = newPath();
    const first = await StreamReceiver.listen(name === "tcp" ? { host: "127.0.0.1", port: 0 } : { path }, {
      paused: true,
    });
    const { port } = first;
    const address = name === "tcp" ? `127.0.0.1:${port}` : path;
    const producer = new ProducerProcess([`${name}=${address}`, "1000", "--rate", "max", "-n", "20000"]);
    await producer.blocked();
    first.stop();
    const second = await StreamReceiver.listen(name === "tcp" ? { host: "127.0.0.1", port } : { path });
    const finished = await producer.finished;
    const { sent, unsent } = summaryOf(finished);
    expect(finished.status).toBe(3);
    expect(unsent).toMatchObject({ broken: 0 });
    expect(unsent.inDoubt).toBeGreaterThan(0);
    expect(sent + unsent.inDoubt).toBe(20_000);
    // The line that was cut in the middle came again, whole; nothing else did.
    expect(seqs(second.text)).toEqual(upTo(20_000).slice(unsent.inDoubt));
  },
);

test.each(["unixsock", "tcp"])(
  "%s: a receiver that ends in a flood has read each line that counts as sent",
  async (name) => {
    const path = newPath();
    const first = await StreamReceiver.listen(name === "tcp" ? { host: "127.0.0.1", port: 0 } : { path });
    const { port } = first;
    const address = name === "tcp" ? `127.0.0.1:${port}` : path;
    const producer = new ProducerProcess([`${name}=${address}`, "1000", "--rate", "max", "-n", "50000"]);
    await first.lines(5000);
    first.stop();
    const second = await StreamReceiver.listen(name === "tcp" ? { host: "127.0.0.1", port } : { path });
    const { sent, unsent } = summaryOf(await producer.finished);
    expect(unsent.broken).toBe(0);
    expect(sent + unsent.inDoubt).toBe(50_000);
    const received = [...seqs(first.text), ...seqs(second.text)];
    expect(new Set(received).size).toBe(received.length);
    expect(received.length).toBeGreaterThanOrEqual(sent);
  },
);

test.each(["unixgram", "fifo"] as const)("%s: not a line is lost when the aggregator restarts", async (name) => {
  const path = newPath();
  const first = await MessageReceiver.start(name, path);
  const producer = new ProducerProcess([`${name}=${path}`, ...TICKS]);
  await first.lines(10);
  // What is in the kernel when a receiver ends is lost with it, so this one takes that first.
  await producer.suspend();
  await first.finish();
  producer.kill("SIGCONT");
  await producer.diagnostic("waiting for an aggregator");
  const second = await MessageReceiver.start(name, path);
  expect(summaryOf(await producer.finished)).toMatchObject({ sent: 40, unsent: { broken: 0 } });
  await second.lines(40 - seqs(first.text).length);
  expect([...seqs(first.text), ...seqs(second.text)]).toEqual(upTo(40));
});

test("fifo: waits until there is one, and until somebody reads it", async () => {
  const path = newPath();
  const producer = new ProducerProcess([`fifo=${path}`, ...TICKS]);
  expect(await producer.diagnostic("waiting for an aggregator")).toContain("nothing is there");
  execFileSync("mkfifo", [path]);
  const receiver = await MessageReceiver.start("fifo", path);
  expect(summaryOf(await producer.finished)).toMatchObject({ sent: 40 });
  await receiver.lines(40);
  expect(seqs(receiver.text)).toEqual(upTo(40));
});

test.each<[string, (path: string) => Promise<StreamReceiver | MessageReceiver>]>([
  ["unixsock", (path) => StreamReceiver.listen({ path })],
  ["unixgram", (path) => MessageReceiver.start("unixgram", path)],
  ["fifo", (path) => MessageReceiver.start("fifo", path)],
])("%s: gives up when the aggregator stays away, and says what was sent", async (name, receive) => {
  const path = newPath();
  const receiver = await receive(path);
  const producer = new ProducerProcess([`${name}=${path}`, ...TICKS, "--wait", "50ms"]);
  await receiver.lines(5);
  await ("stop" in receiver ? receiver.stop() : receiver.kill());
  const finished = await producer.finished;
  expect(finished.status).toBe(1);
  expect(finished.stderr).toContain("LISTENER_UNREACHABLE");
  expect(finished.stderr).toContain(`aggregator ${name}=${path}`);
  const { sent, unsent } = summaryOf(finished);
  expect(sent).toBeGreaterThanOrEqual(5);
  expect(unsent.broken).toBeGreaterThan(0);
  expect(sent + unsent.broken).toBeLessThan(40);
});

test("stopped while it waits for an aggregator, it ends immediately, with nothing sent", async () => {
  const producer = new ProducerProcess([`unixsock=${newPath()}`, "--wait", "1h"]);
  await producer.diagnostic("waiting for an aggregator");
  producer.kill("SIGTERM");
  const finished = await producer.finished;
  expect(finished.status).toBe(0);
  expect(summaryOf(finished)).toMatchObject({ sent: 0, unsent: { broken: 0 } });
});

test.each<[string, (path: string) => Promise<unknown>]>([
  ["unixsock", (path) => StreamReceiver.listen({ path }, { paused: true })],
  ["unixgram", (path) => MessageReceiver.start("unixgram", path, { paused: true })],
])("%s: told to stop while the receiver takes nothing, it gives up soon", async (name, receive) => {
  const path = newPath();
  const receiver = await receive(path);
  const producer = new ProducerProcess([`${name}=${path}`, "--rate", "max"]);
  await producer.blocked();
  producer.kill("SIGTERM");
  const finished = await producer.finished;
  expect(finished.status).toBe(3);
  expect(summaryOf(finished).unsent.broken).toBeGreaterThan(0);
  void receiver;
});
