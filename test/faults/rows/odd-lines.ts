import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { corpus, lineOf } from "../../support/fault-corpus.ts";
import { type FaultBench, type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";

const LINE_BYTES_MAX = 1024 * 1024;
const LARGEST_POWER = 26;

/** Every size around powers of two up to 64 MiB, and bytes that hurt; after each a line that must be intact. */
export const oddLines: FaultRow = {
  name: "lines of 0 B to 64 MiB, and a corpus of hurtful bytes",
  unit: "passes",
  ci: 1,
  long: 20,
  chunk: 1,
  obstacle: () => undefined,

  async run(rounds, bench) {
    const sum = { lines: 0, oversize: 0 };
    for (let round = 0; round < rounds; round++) {
      const { lines, oversize } = await pass(bench);
      sum.lines += lines;
      sum.oversize += oversize;
    }
    return { passes: rounds, ...sum, "wrong lines": 0 };
  },
};

async function pass({ dist, random }: FaultBench): Promise<{ lines: number; oversize: number }> {
  await using scene = new FaultScene(dist);
  const aggregator = await scene.aggregate(["--durability", "none"]);
  const socket = connect(scene.socket);
  await once(socket, "connect");
  /** What must be in the file, in order; blank and oversize lines aren't. */
  const expected: Buffer[] = [];
  let oversize = 0;
  for (const [i, line] of [...sizes(), ...corpus()].entries()) {
    const bytes = typeof line === "number" ? lineOf(line) : line;
    const next = Buffer.from(`{"next":${i}}`);
    if (bytes.length > LINE_BYTES_MAX) oversize++;
    else if (!isBlank(bytes)) expected.push(bytes);
    expected.push(next);
    await inPieces(socket, Buffer.concat([bytes, Buffer.from("\n"), next, Buffer.from("\n")]), random);
  }
  socket.end();
  socket.resume();
  await once(socket, "close");
  const ledger: { notStored: { oversize: number } } = JSON.parse(JSON.stringify(await scene.stop(aggregator, 3)));
  assert.equal(ledger.notStored.oversize, oversize);
  await compare(scene.output, expected);
  return { lines: expected.length, oversize };
}

function sizes(): number[] {
  const powers = Array.from({ length: LARGEST_POWER + 1 }, (_, k) => 2 ** k);
  return [...new Set([0, ...powers.flatMap((power) => [power - 1, power, power + 1])])].filter(
    (bytes) => bytes <= 2 ** LARGEST_POWER,
  );
}

function isBlank(line: Buffer): boolean {
  return /^[ \t\r]*$/.test(line.toString("latin1"));
}

/** Cut where chance wants it, so that the framer sees beginnings and ends. */
async function inPieces(socket: Socket, bytes: Buffer, random: () => number): Promise<void> {
  const cut = pick(random, 0, bytes.length);
  for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
    if (!socket.write(piece)) await once(socket, "drain");
  }
}

/** Byte for byte where the line is a JSON object in UTF-8; else wrapped, and unwrapped the same. */
async function compare(output: string, expected: readonly Buffer[]): Promise<void> {
  let at = 0;
  for await (const text of createInterface({ input: createReadStream(output), crlfDelay: 0 })) {
    const sent = expected[at++];
    assert(sent !== undefined, `more lines than were sent, from line ${at} on: ${text.slice(0, 100)}`);
    const line = sent.at(-1) === 0x0d ? sent.subarray(0, -1) : sent;
    const stored = JSON.parse(text);
    if (isObject(line)) assert(Buffer.from(text).equals(line), `line ${at} was changed: ${line.subarray(0, 100)}`);
    else assert(unwrapped(stored).equals(line), `line ${at} isn't what was sent: ${line.subarray(0, 100)}`);
  }
  assert.equal(at, expected.length, "lines are missing at the end");
}

function isObject(line: Buffer): boolean {
  if (!isUtf8(line)) return false;
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function unwrapped(stored: { _raw?: string; _raw_b64?: string }): Buffer {
  return stored._raw === undefined ? Buffer.from(stored._raw_b64 ?? "", "base64") : Buffer.from(stored._raw);
}
