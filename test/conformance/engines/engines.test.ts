import { PassThrough } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { LINE_FEED } from "../../../src/core/whole-lines.ts";
import { type Block, type Engine, EngineError, type StoredBlock } from "../../../src/forwarder/engines/engine.ts";
import { JetStreamEngine } from "../../../src/forwarder/engines/jetstream/jetstream-engine.ts";
import { ServerKnowledge } from "../../../src/forwarder/engines/otlp/delivery.ts";
import { OtlpEngine } from "../../../src/forwarder/engines/otlp/otlp-engine.ts";
import { COMPRESSIONS, type Compression } from "../../../src/forwarder/engines/packing.ts";
import { StdoutEngine } from "../../../src/forwarder/engines/stdout/index.ts";
import { rejectionOf } from "../../support/failure.ts";
import { MemoryEngine, MemoryStream } from "../../support/memory-engine.ts";
import { NatsServer, WITHOUT_NATS } from "../../support/nats-server.ts";
import { OtlpServer } from "../../support/otlp-server.ts";

/** An engine's place, made anew for each test. */
interface Place {
  connect(): Engine;
  /** All that is there. */
  content(): Promise<string>;
}

interface Subject {
  readonly name: string;
  /** Why it can't be tested here. */
  readonly obstacle?: string | undefined;
  /** Whether it knows what it has. */
  readonly remembers: boolean;
  place(): Promise<Place>;
}

function jetstreamWith(compression: Compression | undefined): Subject {
  return {
    name: compression === undefined ? "jetstream" : `jetstream, ${compression}`,
    obstacle: WITHOUT_NATS,
    remembers: true,
    place: async () => {
      const server = await NatsServer.start();
      await server.createStream("LOGS");
      const servers = [`127.0.0.1:${server.port}`];
      const options = {
        servers,
        stream: "LOGS",
        subject: "logs.h",
        host: "h",
        isExclusive: false,
        createStream: undefined,
        credentials: {},
        compression,
      };
      return { connect: () => new JetStreamEngine(options), content: () => server.content("LOGS") };
    },
  };
}

const SUBJECTS: readonly Subject[] = [
  {
    name: "memory",
    remembers: true,
    place: async () => {
      const stream = new MemoryStream();
      return { connect: () => new MemoryEngine(stream), content: async () => stream.content.toString() };
    },
  },
  {
    name: "stdout",
    remembers: false,
    place: async () => {
      const output = new PassThrough();
      const chunks: Buffer[] = [];
      output.on("data", (chunk: Buffer) => chunks.push(chunk));
      return { connect: () => new StdoutEngine(output), content: async () => Buffer.concat(chunks).toString() };
    },
  },
  {
    name: "otlp",
    remembers: false,
    place: async () => {
      const server = await OtlpServer.start();
      const resource = { host: "h", service: "s" };
      const options = { url: new URL(server.url), headers: {}, timeoutMs: 10_000, resource };
      return { connect: () => new OtlpEngine(options, new ServerKnowledge()), content: async () => server.content };
    },
  },
  ...[undefined, ...COMPRESSIONS].map(jetstreamWith),
];

/** All blocks count. */
const isThere = (): boolean => true;

async function open(place: Place): Promise<Engine> {
  const engine = place.connect();
  onTestFinished(() => engine.close());
  await engine.open();
  return engine;
}

/** Blocks of one file that follow one another. */
function blocks(count: number, file = "0000000000000000", generation = 0): Block[] {
  let offset = 0;
  return Array.from({ length: count }, (_, n) => {
    const bytes = Buffer.from(`{"file":"${file}","n":${n}}\n`);
    const block = { file, offset, bytes, lines: 1, crc: n, generation };
    offset += bytes.length;
    return block;
  });
}

/** @returns the block's number */
async function store(engine: Engine, block: Block): Promise<number> {
  const { sequence, refusals } = await engine.send(block);
  expect(refusals).toEqual([]);
  return sequence ?? Number.NaN;
}

function textOf(sent: readonly Block[]): string {
  return sent.map(({ bytes }) => bytes.toString()).join("");
}

/** As the engine lists blocks that follow one another. */
function joined(sent: readonly Block[]): Record<string, unknown> {
  const { file, offset } = sent[0] ?? {};
  return { file, offset, length: Buffer.byteLength(textOf(sent)), lines: sent.length, blocks: sent.length };
}

describe.each(SUBJECTS.filter(({ obstacle }) => obstacle === undefined))("$name", ({ place, remembers }) => {
  test("stores blocks in the order of the calls, and numbers them upwards", async () => {
    const here = await place();
    const engine = await open(here);
    const sent = blocks(40);
    const sequences = await Promise.all(sent.map((block) => store(engine, block)));
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(new Set(sequences).size).toBe(sent.length);
    expect(await here.content()).toBe(textOf(sent));
  });

  test("accepts a block of the length that it names", async () => {
    const here = await place();
    const engine = here.connect();
    onTestFinished(() => engine.close());
    const { blockBytesMax } = await engine.open();
    const length = Math.min(blockBytesMax, 8 * 1024 * 1024);
    const [block] = blocks(1);
    if (block === undefined) return;
    const bytes = Buffer.alloc(length, "x");
    bytes[length - 1] = LINE_FEED;
    await engine.send({ ...block, bytes });
    expect((await here.content()).length).toBe(length);
  });

  test("close() can be repeated, and nothing is sent after it", async () => {
    const here = await place();
    const engine = await open(here);
    await engine.close();
    await engine.close();
    const [block] = blocks(1);
    if (block === undefined) return;
    expect(await rejectionOf(engine.send(block))).toBeInstanceOf(EngineError);
    expect(await here.content()).toBe("");
  });

  test("no block stays unanswered when the connection is closed", async () => {
    const here = await place();
    const engine = await open(here);
    const sent = blocks(40);
    const answers = Promise.allSettled(sent.map((block) => engine.send(block)));
    await engine.close();
    const stored = await here.content();
    for (const [at, answer] of (await answers).entries()) {
      if (answer.status === "fulfilled") expect(stored).toContain(textOf(sent.slice(at, at + 1)));
      else expect(answer.reason).toBeInstanceOf(EngineError);
    }
  });

  test.runIf(remembers)("lists what was stored after the last acknowledged block, of the files asked for", async () => {
    const here = await place();
    const engine = await open(here);
    const [own, others] = [blocks(6), blocks(2, "ffffffffffffffff")];
    const sequences: number[] = [];
    for (const block of [...own.slice(0, 3), ...others, ...own.slice(3)]) sequences.push(await store(engine, block));
    const later = await open(here);
    const found = await later.stored({
      sequence: sequences[2] ?? 0,
      from: new Set(["0000000000000000"]),
      files: new Set(["0000000000000000"]),
      isThere,
    });
    const numbers = { first: sequences.at(-3), sequence: sequences.at(-1) };
    const runs = [{ ...joined(own.slice(3)), ...numbers }];
    expect(found).toEqual({ hasLostItsEnd: false, sequence: sequences.at(-1), runs });
    const first = await later.stored({
      sequence: 0,
      from: new Set(),
      files: new Set(["0000000000000000", "ffffffffffffffff"]),
      isThere,
    });
    expect(first?.runs).toMatchObject([joined(own), joined(others)]);
  });

  test.runIf(remembers)("gives back the bytes of a block, and lists only those that count", async () => {
    const here = await place();
    const engine = await open(here);
    const sent = blocks(3);
    const sequences: number[] = [];
    for (const block of sent) sequences.push(await store(engine, block));
    for (const [at, sequence] of sequences.entries()) expect(await engine.bytesOf?.(sequence)).toEqual(sent[at]?.bytes);
    expect(await engine.bytesOf?.((sequences.at(-1) ?? 0) + 1)).toBeUndefined();
    const shown: number[] = [];
    const isFirst = ({ sequence, crc }: StoredBlock): boolean => shown.push(crc) > 0 && sequence === sequences[0];
    const files = new Set(["0000000000000000"]);
    const found = await engine.stored({ sequence: (sequences[0] ?? 0) - 1, from: new Set(), files, isThere: isFirst });
    expect(shown).toEqual(sent.map(({ crc }) => crc));
    expect(found?.runs.map(({ blocks: count }) => count)).toEqual([1]);
  });

  test.runIf(remembers)("stores a block that is sent twice once, and one of another generation again", async () => {
    const here = await place();
    const engine = await open(here);
    const sent = blocks(3);
    for (const block of [...sent, ...sent]) await engine.send(block);
    expect(await here.content()).toBe(textOf(sent));
    for (const block of blocks(3, "0000000000000000", 1)) await engine.send(block);
    expect(await here.content()).toBe(textOf([...sent, ...sent]));
  });

  test.runIf(remembers)(
    "says that its end is lost where the acknowledged block is another's or was never there",
    async () => {
      const here = await place();
      const engine = await open(here);
      const sent = blocks(3);
      let sequence = 0;
      for (const block of sent) sequence = await store(engine, block);
      const files = new Set(["0000000000000000"]);
      const beyond = await engine.stored({ sequence: sequence + 5, from: files, files, isThere });
      expect(beyond).toMatchObject({ hasLostItsEnd: true, runs: [joined(sent)] });
      const foreign = await engine.stored({ sequence, from: new Set(["ffffffffffffffff"]), files, isThere });
      expect(foreign).toMatchObject({ hasLostItsEnd: true, runs: [joined(sent)] });
    },
  );
});

for (const { name, obstacle } of SUBJECTS) {
  if (obstacle !== undefined) test(name, (context) => context.skip(obstacle));
}
