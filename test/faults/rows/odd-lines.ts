import { isUtf8 } from "node:buffer";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { corpus, lineOf } from "../../support/fault-corpus.ts";
import { type FaultBench, type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import type { Tally } from "../../support/fault-tally.ts";

const LINE_BYTES_MAX = 1024 * 1024;
const LARGEST_POWER = 26;

/**
 * Lines of every size around powers of two up to 64 MiB, and harmful bytes. After each follows a line that must be
 * intact.
 */
export const oddLines: FaultRow = {
  name: "lines of 0 B to 64 MiB, and a corpus of hurtful bytes",
  unit: "passes",
  ci: 1,
  long: 20,
  chunk: 1,
  obstacle: () => undefined,

  async run(rounds, bench) {
    for (let round = 0; round < rounds; round++) await pass(bench);
  },
};

async function pass({ dist, random, tally }: FaultBench): Promise<void> {
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
    await writeCut(socket, Buffer.concat([bytes, Buffer.from("\n"), next, Buffer.from("\n")]), random);
  }
  socket.end();
  socket.resume();
  await once(socket, "close");
  const ledger: { notStored: { oversize: number } } = JSON.parse(JSON.stringify(await scene.stop(aggregator, 3)));
  const reported = ledger.notStored.oversize;
  tally
    .fault("misreported")
    .check(reported === oversize, () => `${oversize} lines are oversize, ${reported} by the ledger`);
  tally.add("oversize", oversize);
  await compare(scene.output, expected, tally);
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

/** Writes the bytes in two chunks, cut at random, so that the framer sees beginnings and ends of lines. */
async function writeCut(socket: Socket, bytes: Buffer, random: () => number): Promise<void> {
  const cut = pick(random, 0, bytes.length);
  for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
    if (!socket.write(chunk)) await once(socket, "drain");
  }
}

/** A JSON object in UTF-8 must be stored byte for byte; any other line wrapped, and the same when unwrapped. */
async function compare(output: string, expected: readonly Buffer[], tally: Tally): Promise<void> {
  const wrong = tally.fault("wrong lines");
  const invented = tally.fault("invented");
  let at = 0;
  for await (const text of createInterface({ input: createReadStream(output), crlfDelay: 0 })) {
    const sent = expected[at++];
    invented.check(sent !== undefined, () => `line ${at}: ${text.slice(0, 100)}`);
    if (sent === undefined) continue;
    const line = sent.at(-1) === 0x0d ? sent.subarray(0, -1) : sent;
    const stored = isObject(line) ? Buffer.from(text) : unwrapped(JSON.parse(text));
    wrong.check(stored.equals(line), () => `line ${at} isn't what was sent: ${line.subarray(0, 100)}`);
  }
  const lost = tally.fault("lost");
  lost.addCases(expected.length);
  if (at < expected.length) lost.note(`the last ones, from ${at} on`, expected.length - at);
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
