import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const PRODUCER = fileURLToPath(new URL("../../dist/bin/producer.js", import.meta.url));
const COUNT = 10;

const welcome = (next: number): string =>
  `{"welcome":"log-aggregator/1","next":${next},"durability":"ack","lineBytesMax":1048576}\n`;

/** What happens on one connection: called with the hello, and again with each chunk of lines. */
type Conversation = (socket: Socket, said: string, nth: number) => void;

/** An aggregator that says what it likes. The conversations are had one after the other, the last one again and again. */
async function liar(...conversations: Conversation[]): Promise<{ endpoint: string; hellos: string[] }> {
  const path = join(temporaryDirectory(), "s");
  const hellos: string[] = [];
  const server = createServer((socket) => {
    const converse = conversations[Math.min(hellos.length, conversations.length - 1)];
    let nth = 0;
    socket.on("error", () => {});
    socket.setEncoding("utf8").on("data", (said: string) => {
      if (nth === 0) hellos.push(said);
      converse?.(socket, said, nth++);
    });
  }).listen(path);
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  return { endpoint: `unixsock=${path}`, hellos };
}

function produce(endpoint: string, ...args: string[]): RunningProgram {
  const lines = ["-n", String(COUNT), "--rate", "max", "--id", "web-1", "--wait", "3s"];
  return new RunningProgram(process.execPath, [PRODUCER, endpoint, "--ack", ...lines, ...args]);
}

/** Welcomes it, and says this when the lines have come. */
function afterLines(words: string): Conversation {
  return (socket, _said, nth) => void socket.write(nth === 0 ? welcome(0) : words);
}

test.each<[string, Conversation, string]>([
  [
    "wants a line beyond the last",
    (socket) => socket.write(welcome(1e9)),
    "has 1000000000 lines already, and 0 were sent",
  ],
  ["claims one line too many", (socket) => socket.write(welcome(1)), "has 1 lines already, and 0 were sent"],
  [
    "acknowledges a line beyond the last",
    afterLines(`{"ack":${COUNT}}\n`),
    `acknowledges line ${COUNT}, and 10 were sent`,
  ],
  [
    "acknowledges the last number there is",
    afterLines('{"ack":9007199254740991}\n'),
    "acknowledges line 9007199254740991",
  ],
  ["acknowledges what is no number", afterLines('{"ack":1e400}\n'), "which isn't in the protocol"],
  ["acknowledges before it welcomes", (socket) => socket.write('{"ack":9}\n'), "answers before its welcome"],
  ["refuses a line beyond the last", afterLines('{"refused":1,"upTo":10}\n'), "refuses line 10, and 10 were sent"],
  ["welcomes it twice", afterLines(welcome(0)), "sends a second welcome"],
  ["speaks another protocol", (socket) => socket.write("220 mail.example ESMTP\r\n"), "which isn't in the protocol"],
  ["speaks another version", (socket) => socket.write(welcome(0).replace("/1", "/2")), "which isn't in the protocol"],
  ["never ends its line", (socket) => socket.write("x".repeat(5000)), "which isn't in the protocol"],
  ["says too long a line", afterLines(`{"ack":9,"more":"${"x".repeat(1024)}"}\n`), "which isn't in the protocol"],
  ["refuses it for good", (socket) => socket.end('{"error":"go away","retry":false}\n'), "refuses it: go away"],
  ["doesn't say whether to try again", (socket) => socket.end('{"error":"no memory"}\n'), "refuses it: no memory"],
  ["says so in a text", (socket) => socket.end('{"error":"go away","retry":"true"}\n'), "refuses it: go away"],
])(
  "an aggregator that %s is not believed: nothing counts as stored, and it ends with 1",
  async (_, conversation, fact) => {
    const { endpoint, hellos } = await liar(conversation);
    const producer = produce(endpoint);
    expect(await producer.event("done")).toMatchObject({ sent: 0, unsent: { unacknowledged: COUNT } });
    expect(await producer.ended).toBe(1);
    expect(producer.stderr).toContain("ACKNOWLEDGEMENT_REFUSED");
    expect(producer.stderr).toContain(fact);
    expect(producer.stderr).toContain(`lines 0 to ${COUNT - 1} (counted from 0) were never acknowledged`);
    expect(hellos).toHaveLength(1);
  },
);

test("a line that is made after the refusal isn't sent either", async () => {
  const { endpoint } = await liar((socket) => socket.end('{"error":"go away"}\n'));
  const producer = produce(endpoint, "--rate", "100", "-n", "1000");
  const { sent, unsent } = await producer.event("done");
  expect(sent).toBe(0);
  expect(unsent).toMatchObject({ unacknowledged: expect.any(Number) });
  expect(await producer.ended).toBe(1);
});

test("too long a line isn't sent, even where the word of it was lost with its connection", async () => {
  const short = (next: number): string => welcome(next).replace("1048576", "20");
  const { endpoint } = await liar(
    (socket, _said, nth) => void (nth === 0 ? socket.write(short(0)) : socket.destroy()),
    (socket) => socket.write(`${short(3)}{"ack":2}\n`),
  );
  const producer = new RunningProgram("sh", [
    "-c",
    `printf 'short\\n%030d\\nlast\\n' 0 | "$@" --stdin --ack --wait 3s`,
    "sh",
    process.execPath,
    PRODUCER,
    endpoint,
  ]);
  expect(await producer.event("done")).toMatchObject({ sent: 2, unsent: { tooLong: 1, unacknowledged: 0 } });
  expect(await producer.ended).toBe(3);
  expect(producer.stderr).toContain("the aggregator doesn't store lines longer than 20 bytes");
});

test("what was acknowledged before the lie stays sent", async () => {
  const { endpoint } = await liar(afterLines('{"ack":3}\n{"ack":3}\n{"ack":1}\n{"ack":77}\n'));
  const producer = produce(endpoint);
  expect(await producer.event("done")).toMatchObject({ sent: 4, unsent: { unacknowledged: 6 } });
  expect(await producer.ended).toBe(1);
  expect(producer.stderr).toContain("lines 4 to 9 (counted from 0) were never acknowledged");
});

test("an aggregator that wants lines again which are no longer held is not believed", async () => {
  const first: Conversation = (socket, _said, nth) => {
    if (nth === 0) socket.write(welcome(0));
    else socket.end('{"ack":3}\n');
  };
  const { endpoint, hellos } = await liar(first, (socket) => socket.write(welcome(2)));
  const producer = produce(endpoint);
  expect(await producer.ended).toBe(1);
  expect(producer.stderr).toContain("wants line 2, and the oldest one pending is 4");
  expect(hellos[1]).toBe(hellos[0]?.replace('"first":0', '"first":4'));
});

test("a refusal that says to try again is tried again, by the same names, whatever its words", async () => {
  const { endpoint, hellos } = await liar(
    (socket) => socket.end(`{"error":"go away and never come back","retry":true}\n{"ack":9}\n${"x".repeat(2000)}`),
    afterLines('{"ack":9}\n'),
  );
  const producer = produce(endpoint);
  expect(await producer.event("done")).toMatchObject({ sent: COUNT, unsent: { unacknowledged: 0 } });
  expect(await producer.ended).toBe(0);
  expect(hellos[0]).toMatch(/^\{"hello":"log-aggregator\/1","producer":"web-1","run":"[0-9a-z]{8}","first":0\}\n$/);
  expect(hellos).toEqual([hellos[0], hellos[0]]);
});
