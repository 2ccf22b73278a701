import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { alphabetMessage } from "../../src/producer/line-encoder.ts";
import { producedLines, seqs, upTo } from "../support/produced-lines.ts";
import { ProducerProcess, runProducer, summaryOf } from "../support/producer-process.ts";
import { StreamReceiver } from "../support/stream-receiver.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

async function receive(): Promise<{ receiver: StreamReceiver; address: string }> {
  const path = join(temporaryDirectory(), "log.sock");
  return { receiver: await StreamReceiver.listen({ path }), address: `unixsock=${path}` };
}

test("ten ticks: ten lines, numbered, on the absolute schedule, and a summary", async () => {
  const { receiver, address } = await receive();
  const beforeNs = Number(process.hrtime.bigint());
  const finished = await runProducer([address, "40", "-n", "10", "--interval", "20ms", "--id", "p1"]);
  expect(finished).toMatchObject({ status: 0, stderr: "" });
  const { seconds, late, ...summary } = summaryOf(finished);
  expect(summary).toEqual({
    event: "done",
    transport: "unixsock",
    address: address.slice("unixsock=".length),
    producer: "p1",
    run: expect.stringMatching(/^[0-9a-z]{8}$/),
    numbered: true,
    sent: 10,
    unsent: { tooLong: 0, refused: 0, broken: 0, inDoubt: 0, unacknowledged: 0 },
    waitedSeconds: 0,
    timetable: { startedAtNs: expect.any(Number), intervalMs: 20, linesPerTick: 1 },
  });
  expect(late).toBeGreaterThanOrEqual(0);
  expect(seconds).toBeGreaterThanOrEqual(0.18);
  const lines = producedLines(receiver.text);
  expect(lines.map((line) => line.seq)).toEqual(upTo(10));
  const fields = { source: "producer", level: "INFO", message: alphabetMessage(40), producer: "p1", run: summary.run };
  for (const line of lines) {
    expect(line).toMatchObject(fields);
    // The schedule begins with the process at the earliest, and no tick comes before its time.
    expect((line.sentAtNs - beforeNs) / 1e6).toBeGreaterThan(line.seq * 20);
  }
});

test("--plain writes exactly the four fields", async () => {
  const { receiver, address } = await receive();
  const finished = await runProducer([address, "--plain", "-n", "3", "-i", "1"]);
  expect([finished.status, summaryOf(finished).numbered]).toEqual([0, false]);
  const line = /^\{"source":"producer","timestamp":\d{10},"level":"INFO","message":"[A-Z]{100}"\}$/;
  const lines = receiver.text.split("\n");
  expect(lines.pop()).toBe("");
  expect(lines).toHaveLength(3);
  for (const text of lines) expect(text).toMatch(line);
});

test("every producer has a name of its own, and every run of one producer too", async () => {
  const { receiver, address } = await receive();
  await Promise.all([0, 1, 2].map(() => runProducer([address, "-n", "1"])));
  expect(new Set(producedLines(receiver.text).map((line) => line.producer)).size).toBe(3);
  await Promise.all([0, 1, 2].map(() => runProducer([address, "-n", "1", "--id", "web-1"])));
  const web = producedLines(receiver.text).filter((line) => line.producer === "web-1");
  expect(new Set(web.map((line) => line.run)).size).toBe(3);
});

test("ticks that come after the next one was due are counted as late, and lose no line", async () => {
  const { receiver, address } = await receive();
  const finished = await runProducer([address, "-n", "300", "-i", "1us"]);
  expect(summaryOf(finished)).toMatchObject({ sent: 300 });
  expect(summaryOf(finished).late).toBeGreaterThan(200);
  expect(seqs(receiver.text)).toEqual(upTo(300));
});

test("--duration ends the ticks: those before its end are sent", async () => {
  const { receiver, address } = await receive();
  const finished = await runProducer([address, "-i", "20ms", "-d", "100ms"]);
  expect(summaryOf(finished)).toMatchObject({ sent: 5 });
  expect(seqs(receiver.text)).toEqual(upTo(5));
});

test("--rate keeps its pace: the lines of half a second, and no faster", async () => {
  const { receiver, address } = await receive();
  const beforeNs = Number(process.hrtime.bigint());
  const finished = await runProducer([address, "--rate", "5000", "-d", "500ms"]);
  const { sent, seconds } = summaryOf(finished);
  expect(sent).toBe(2500);
  expect(seconds).toBeGreaterThan(0.495);
  expect(seqs(receiver.text)).toEqual(upTo(2500));
  // Each of its ticks sends what is due by then, so no line leaves before its time.
  const lines = producedLines(receiver.text);
  for (const { seq, sentAtNs } of lines) expect((sentAtNs - beforeNs) / 1e6).toBeGreaterThan(seq / 5);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends it cleanly: every line counted as sent has arrived",
  async (signal) => {
    const { receiver, address } = await receive();
    const producer = new ProducerProcess([address, "-n", "100000", "-i", "5ms"]);
    await receiver.lines(5);
    producer.kill(signal);
    const finished = await producer.finished;
    expect(finished).toMatchObject({ status: 0, stderr: "" });
    const { sent } = summaryOf(finished);
    expect(sent).toBeGreaterThanOrEqual(5);
    await receiver.lines(sent);
    expect(seqs(receiver.text)).toEqual(upTo(sent));
  },
);

test("its process is named producer", async () => {
  const { receiver, address } = await receive();
  const producer = new ProducerProcess([address, "-n", "100000"]);
  await receiver.lines(1);
  expect(readFileSync(`/proc/${producer.pid}/comm`, "utf8")).toBe("producer\n");
  producer.kill("SIGTERM");
  await producer.finished;
});
