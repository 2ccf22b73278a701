import assert from "node:assert/strict";
import { encodeMessage, parseAnswer, parseHello } from "../../../src/acks/protocol.ts";
import { Acknowledgements } from "../../../src/acks/receiving/acknowledgements.ts";
import { Pipeline } from "../../../src/aggregator/pipeline.ts";
import { Throttle } from "../../../src/aggregator/throttle.ts";
import { TailBudget } from "../../../src/framing/tail-budget.ts";
import { Normalizer } from "../../../src/records/normalizer.ts";
import { REGISTRY } from "../../../src/transports/registry.ts";
import { mutate, type Random } from "../json-inputs.ts";
import { MemorySink } from "../memory-sink.ts";
import { TestConnection } from "../test-connection.ts";
import { type FuzzTarget, inChunks, ODD_VALUES, oneOf, withSlips } from "./fuzz-target.ts";

const LINE_BYTES_MAX = 30;

function helloText(random: Random): string {
  const fields: Record<string, unknown> = {
    hello: "log-aggregator/1",
    producer: oneOf(random, ["web", "x".repeat(128), "x".repeat(129), "é".repeat(64), ""]),
    run: oneOf(random, ["r1", "a.b_c-D", "x".repeat(64), "x".repeat(65), "a b"]),
    first: oneOf(random, [0, 1, 2 ** 52, 2 ** 52 + 1, -1, 0.5]),
  };
  if (random(2) === 0) fields[oneOf(random, ["producer", "run", "first", "hello", "more"])] = oneOf(random, ODD_VALUES);
  return JSON.stringify(fields);
}

/** What docs/acknowledgements.md says of a hello, told in another way than in the program. */
function isHello(line: Buffer): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
    const { hello, producer, run, first } = JSON.parse(text);
    const bytes = typeof producer === "string" ? new TextEncoder().encode(producer).length : 0;
    const isRun = typeof run === "string" && /^[\w.-]{1,64}$/.test(run) && !/\s$/.test(run);
    const isFirst = Number.isInteger(first) && first >= 0 && first <= 2 ** 52;
    return hello === "log-aggregator/1" && bytes >= 1 && bytes <= 128 && isRun && isFirst;
  } catch {
    return false;
  }
}

/** Hellos: taken exactly when they are what the document says. */
export const hellos: FuzzTarget = {
  name: "hellos",
  short: 1000,
  long: 500_000,
  fuzz(random, cases) {
    for (let i = 0; i < cases; i++) {
      const line = random(2) === 0 ? Buffer.from(helloText(random)) : mutate(random, Buffer.from(helloText(random)));
      assert.equal(typeof parseHello(line) === "object", isHello(line), JSON.stringify(line.toString("latin1")));
    }
  },
};

const ANSWERS: readonly [string, ...string[]] = [
  '{"welcome":"log-aggregator/1","next":7,"durability":"ack","lineBytesMax":1048576}',
  '{"ack":7}',
  '{"refused":1,"upTo":7}',
  '{"error":"no","retry":true}',
];

/** Answers: a sender never acts on a number that isn't one, and what is taken says what was sent. */
export const answers: FuzzTarget = {
  name: "answers of an aggregator",
  short: 1000,
  long: 500_000,
  fuzz(random, cases) {
    for (let i = 0; i < cases; i++) {
      const text = oneOf(random, ANSWERS);
      const line = random(3) === 0 ? odd(random, text) : withSlips(random, text, '{}[]",:0-9.eE\\u\0');
      const answer = parseAnswer(line);
      if (answer === undefined) continue;
      const said: Record<string, unknown> = JSON.parse(line);
      for (const [name, value] of Object.entries(answer)) {
        if (name === "retry") assert.equal(value, said[name] === true, line);
        else assert.equal(value, said[name], line);
        if (typeof value === "number") assert(Number.isSafeInteger(value) && value >= 0, line);
      }
      assert.deepEqual(parseAnswer(encodeMessage(answer).toString()), answer, line);
    }
  },
};

function odd(random: Random, text: string): string {
  const fields = JSON.parse(text);
  fields[oneOf(random, Object.keys(fields) as [string])] = oneOf(random, ODD_VALUES);
  return JSON.stringify(fields);
}

/** A connection's conversation: hello, then lines, in chunks of any size. */
export const conversations: FuzzTarget = {
  name: "acknowledged conversations",
  short: 300,
  long: 500_000,
  fuzz(random, cases) {
    let site = pipeline();
    for (let i = 0; i < cases; i++) {
      if (i % 1000 === 0) site = pipeline();
      const hello = { hello: "log-aggregator/1", producer: "p", run: `r${i}`, first: random(1000) };
      const bytes = linesOf(random);
      const before = { ...site.pipeline.counts.framing, checked: site.pipeline.counts.records.checked };
      const connection = greet(random, site.pipeline, hello);
      for (const chunk of inChunks(random, bytes)) connection.send(chunk.toString("latin1"));
      connection.end();
      const again = greet(random, site.pipeline, hello);
      again.end();
      const example = `${JSON.stringify(hello)} ${JSON.stringify(bytes.toString("latin1"))}`;
      check(site.pipeline, { connection, again, bytes, first: hello.first, before, example });
    }
  },
};

interface Conversation {
  readonly connection: TestConnection;
  readonly again: TestConnection;
  readonly bytes: Buffer;
  readonly first: number;
  readonly before: { readonly oversize: number; readonly partial: number; readonly checked: number };
  readonly example: string;
}

/**
 * Every whole line counts once, the last one is acknowledged in the end, and a reconnect goes on after it. A line that is
 * too long is known to be before its end.
 */
function check({ counts }: Pipeline, { connection, again, bytes, first, before, example }: Conversation): void {
  const parts = bytes.toString("latin1").split("\n");
  const tail = parts.pop() ?? "";
  const oversize = parts.filter((line) => line.length > LINE_BYTES_MAX).length;
  assert.equal(counts.records.checked - before.checked, parts.length - oversize, example);
  const isLongTail = tail.length > LINE_BYTES_MAX;
  assert.equal(counts.framing.oversize - before.oversize, oversize + (isLongTail ? 1 : 0), example);
  const said = connection.replies.flatMap((text) => text.trimEnd().split("\n")).map((line) => parseAnswer(line));
  assert(!said.includes(undefined), example);
  const handled = parts.length + (isLongTail ? 1 : 0);
  const acks = said.flatMap((answer) => (answer !== undefined && "ack" in answer ? [answer.ack] : []));
  assert.equal(acks.at(-1), handled === 0 ? undefined : first + handled - 1, example);
  assert.deepEqual(
    acks,
    acks.toSorted((a, b) => a - b),
    example,
  );
  assert.equal(JSON.parse(again.replies[0] ?? "").next, first + handled, example);
}

function greet(random: Random, pipeline: Pipeline, hello: object): TestConnection {
  const connection = new TestConnection((channel) => pipeline.stream(channel));
  for (const chunk of inChunks(random, Buffer.from(`${JSON.stringify(hello)}\n`))) connection.send(chunk.toString());
  return connection;
}

function linesOf(random: Random): Buffer {
  const lines = Array.from({ length: random(6) }, () =>
    oneOf(random, ['{"a":1}', "", "text", "\r", "x".repeat(31), "{}"]),
  );
  return Buffer.from(lines.join("\n") + oneOf(random, ["", "\n", "\n\n"]));
}

function pipeline(): { pipeline: Pipeline } {
  const sink = new MemorySink();
  const shared = {
    lineBytesMax: LINE_BYTES_MAX,
    tails: new TailBudget(1024 * 1024),
    normalizer: new Normalizer("json"),
    sink,
    throttle: new Throttle(false),
    acknowledgements: new Acknowledgements(sink, { durability: "none", lineBytesMax: LINE_BYTES_MAX }),
  };
  return { pipeline: new Pipeline(REGISTRY.tcp, shared) };
}
