import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryAddress } from "../../src/addresses/temporary-address.ts";
import { MessageReceiver } from "../support/message-receiver.ts";
import { ProducerProcess, runProducer, summaryOf } from "../support/producer-process.ts";
import { StreamReceiver } from "../support/stream-receiver.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

async function receive(): Promise<{ receiver: StreamReceiver; address: string; directory: string }> {
  const directory = temporaryDirectory();
  const path = join(directory, "log.sock");
  return { receiver: await StreamReceiver.listen({ path }), address: `unixsock=${path}`, directory };
}

/** Bytes no encoder would write: CRLF, blank lines, NUL, what is not UTF-8, a line longer than a pipe's chunk. */
const ODD = Buffer.concat([
  Buffer.from('{"a":1}\r\n\n \n\0\nzoë\n'),
  Buffer.from([0xff, 0xfe, 0x0a]),
  Buffer.alloc(200_000, "x"),
  Buffer.from("\nlast"),
]);

test("--stdin sends lines as they are, and ends an unfinished one", async () => {
  const { receiver, address } = await receive();
  const finished = await runProducer([address, "--stdin"], ODD);
  expect(finished).toMatchObject({ status: 0, stderr: "" });
  expect(summaryOf(finished).sent).toBe(8);
  expect(receiver.bytes.equals(Buffer.concat([ODD, Buffer.from("\n")]))).toBe(true);
});

test("--stdin sends a line when it is finished, not when the input ends", async () => {
  const { receiver, address } = await receive();
  const producer = new ProducerProcess([address, "--stdin"]);
  producer.stdin.write("one\ntw");
  await receiver.lines(1);
  expect(receiver.text).toBe("one\n");
  producer.stdin.end("o\n");
  expect(summaryOf(await producer.finished).sent).toBe(2);
  expect(receiver.text).toBe("one\ntwo\n");
});

test("--stdin ends upon a signal with what it has sent", async () => {
  const { receiver, address } = await receive();
  const producer = new ProducerProcess([address, "--stdin"]);
  producer.stdin.write("one\n");
  await receiver.lines(1);
  producer.kill("SIGTERM");
  const finished = await producer.finished;
  expect(finished).toMatchObject({ status: 0, stderr: "" });
  expect(summaryOf(finished).sent).toBe(1);
});

test("--stdin waits for a receiver that reads nothing, in little memory", async () => {
  const { directory } = await receive();
  const path = join(directory, "slow.sock");
  await StreamReceiver.listen({ path }, { paused: true });
  const producer = new ProducerProcess([`unixsock=${path}`, "--stdin"]);
  const line = Buffer.alloc(1024, "x").fill("\n", 1023);
  let taken = 0;
  // A pipe that is full stays full: the producer reads no further.
  while (producer.stdin.write(line)) taken++;
  for (let i = 0; i < 4000; i++) if (producer.stdin.write(line)) taken++;
  await producer.blocked();
  expect(producer.stdin.writableLength).toBeGreaterThan(2_000_000);
  expect(taken).toBeLessThan(1000);
});

test("a line over --max-line is counted and reported once; the others arrive", async () => {
  const { receiver, address } = await receive();
  const long = "x".repeat(101);
  const finished = await runProducer([address, "--stdin", "--max-line", "100"], `a\n${long}\nb\n${long}\nc\n`);
  expect(finished.status).toBe(3);
  expect(summaryOf(finished)).toMatchObject({ sent: 3, unsent: { tooLong: 2 } });
  expect(receiver.text).toBe("a\nb\nc\n");
  expect(finished.stderr.split("\n")).toHaveLength(1);
  expect(finished.stderr).toContain("longer than --max-line (100 bytes)");
});

test("fifo: a line over PIPE_BUF is counted and reported once with its number; the others arrive whole", async () => {
  const path = join(temporaryDirectory(), "fifo");
  execFileSync("mkfifo", [path]);
  const receiver = await MessageReceiver.start("fifo", path);
  const most = "m".repeat(4095);
  const input = `a\n${most}\n${most}x\nb\n${most}x\n`;
  const finished = await runProducer([`fifo=${path}`, "--stdin"], input);
  await receiver.lines(3);
  expect(finished.status).toBe(3);
  expect(summaryOf(finished)).toMatchObject({ sent: 3, unsent: { tooLong: 2 } });
  expect(receiver.text).toBe(`a\n${most}\nb\n`);
  expect(finished.stderr.split("\n")).toHaveLength(1);
  expect(finished.stderr).toContain("line 3 (4097 bytes) is longer than the transport takes (4096)");
});

test.each([
  ["unixgram", 212_960],
  ["udp", 65_507],
] as const)("%s carries a line of %d bytes, LF included, and counts a longer one", async (name, bytes) => {
  const [, free = ""] = temporaryAddress(name, temporaryDirectory()).split("=");
  const receiver = await MessageReceiver.start(name, free);
  const longest = "l".repeat(bytes - 1);
  const finished = await runProducer([`${name}=${receiver.address}`, "--stdin"], `a\n${longest}\n${longest}x\nb\n`);
  expect(finished.status).toBe(3);
  expect(summaryOf(finished)).toMatchObject({ sent: 3, unsent: { tooLong: 1 } });
  expect(finished.stderr).toContain(`line 3 (${bytes + 1} bytes)`);
  await receiver.lines(3);
  expect(receiver.text).toBe(`a\n${longest}\nb\n`);
});
