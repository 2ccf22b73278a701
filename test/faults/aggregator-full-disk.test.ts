import { createHash } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { residentBytesMax } from "../support/proc.ts";
import { StreamClient } from "../support/stream-client.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

const MiB = 1024 * 1024;
const DISK_BYTES = 160 * MiB;
const BALLAST_BYTES = 150 * MiB;
const LINES_BYTES = 120 * MiB;
const SENDERS = 3;
const QUEUE_BYTES = 2 * MiB;
/** A client's bytes that the kernel buffers on both sides: far less than the lines that are sent. */
const KERNEL_BYTES = 4 * MiB;

/** A disk with 10 MiB of free space, and a file on it whose removal frees more. */
function fullDisk(context: TestContext): { directory: string; freeSpace: () => void } {
  const directory = mountTmpfs(context, DISK_BYTES);
  const ballast = join(directory, "ballast");
  writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
  return { directory, freeSpace: () => unlinkSync(ballast) };
}

/** Takes what is left of the disk. */
function fill(path: string): void {
  try {
    for (;;) appendFileSync(path, Buffer.alloc(MiB / 16));
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  }
}

/** Blocks of lines of one sender, each block unlike the others. */
function blocksOf(sender: number): Buffer[] {
  const blockBytes = MiB / 4;
  const pad = "x".repeat(450);
  return Array.from({ length: LINES_BYTES / SENDERS / blockBytes }, (_, n) => {
    const lines = Array.from({ length: 512 }, (_, i) => `{"s":${sender},"n":${n * 512 + i},"pad":"${pad}"}\n`);
    return Buffer.from(lines.join(""));
  });
}

/** Identifies a sender's lines without keeping them: their number and the digest of their text. */
function digestOf(lines: Iterable<string | Buffer>): string {
  const hash = createHash("sha256");
  for (const line of lines) hash.update(line);
  return hash.digest("hex");
}

test("senders wait for a full disk, memory stays bounded, and nothing is lost once space is free", async (context) => {
  const { directory, freeSpace } = fullDisk(context);
  const output = join(directory, "out.jsonl");
  const aggregator = await AggregatorProcess.start(["unixsock", "-o", output, "--queue-bytes", String(QUEUE_BYTES)]);
  const before = residentBytesMax(aggregator.pid);
  const sent = Array.from({ length: SENDERS }, (_, i) => blocksOf(i));
  const clients = await Promise.all(sent.map(() => StreamClient.connect(aggregator.endpoint("unixsock"))));
  const finished = Promise.all(
    clients.map(async (client, i) => {
      for (const block of sent[i] ?? []) await client.write(block);
      await client.end();
    }),
  );
  await aggregator.until(() => aggregator.stderr.includes("the output refuses lines (ENOSPC)"), "to meet a full disk");
  await sendersWaiting(aggregator);
  const taken = clients.reduce((sum, client) => sum + client.takenBytes, 0);
  const written = readFileSync(output).length;
  expect(taken - written).toBeLessThan(QUEUE_BYTES + SENDERS * KERNEL_BYTES);
  expect(residentBytesMax(aggregator.pid) - before).toBeLessThan(40 * MiB);

  freeSpace();
  await finished;
  const { ledger, status, stderr } = await aggregator.stop();
  expect(stderr).toContain("the output accepts lines again");
  expect(status).toBe(0);
  expect(ledger.stored).toBe(sent.flat().length * 512);
  const stored = readFileSync(output, "latin1").split(/(?<=\n)/);
  for (const [i, blocks] of sent.entries()) {
    const own = stored.filter((line) => line.startsWith(`{"s":${i},`));
    expect(digestOf(own), `sender ${i}: every line, once, in order`).toBe(digestOf(blocks));
  }
  expect(stored).toHaveLength(ledger.stored);
});

test("a stop while the disk is full is in time; what was not written is counted", async (context) => {
  const { directory, freeSpace } = fullDisk(context);
  const output = join(directory, "out.jsonl");
  const aggregator = await AggregatorProcess.start(["unixsock", "-o", output]);
  const client = await StreamClient.connect(aggregator.endpoint("unixsock"));
  const blocks = blocksOf(0);
  for (const block of blocks.slice(0, 60)) await client.write(block);
  await aggregator.until(() => aggregator.stderr.includes("(ENOSPC)"), "to meet a full disk");
  const { ledger, status } = await aggregator.stop();
  expect(status).toBe(3);
  expect(ledger.received).toBe(60 * 512);
  expect(ledger.notStored.unwritten).toBeGreaterThan(0);
  const stored = readFileSync(output, "latin1").split(/(?<=\n)/);
  const torn = stored.at(-1)?.endsWith("\n") === false ? 1 : 0;
  expect(stored.length - torn).toBe(ledger.stored);

  freeSpace();
  const next = await AggregatorProcess.start(["unixsock", "-o", output]);
  const kept = readFileSync(output, "latin1").split(/(?<=\n)/);
  expect(kept).toEqual(stored.slice(0, ledger.stored));
  expect(readdirSync(directory).filter((name) => name.includes(".torn-"))).toHaveLength(torn);
  await next.stop();
});

test("a stop while the disk is full and senders wait is in time too", async (context) => {
  const { directory } = fullDisk(context);
  const output = join(directory, "out.jsonl");
  const args = [`unixsock=${directory}/s`, "tcp=:0", "-o", output, "--queue-bytes", String(QUEUE_BYTES)];
  const aggregator = await AggregatorProcess.start(args);
  const clients = [
    await StreamClient.connect(aggregator.endpoint("unixsock")),
    await StreamClient.connect(aggregator.endpoint("tcp")),
  ];
  for (const client of clients) for (const block of blocksOf(0)) void client.write(block).catch(() => {});
  await aggregator.until(() => aggregator.stderr.includes("(ENOSPC)"), "to meet a full disk");
  await sendersWaiting(aggregator);
  const { ledger, status } = await aggregator.stop();
  expect(status).toBe(3);
  expect(ledger.notStored.unwritten).toBeGreaterThan(0);
});

test("records about suppressed lines that a full disk refuses aren't counted as lines", async (context) => {
  const { directory } = fullDisk(context);
  fill(join(directory, "more ballast"));
  const output = join(directory, "out.jsonl");
  const aggregator = await AggregatorProcess.start(["unixsock", "-o", output, "--rate-limit", "10/s"]);
  const client = await StreamClient.connect(aggregator.endpoint("unixsock"));
  await client.write(Buffer.from("{}\n".repeat(1000)));
  await client.end();
  const { ledger } = await aggregator.stop();
  const { limited, unwritten } = ledger.notStored;
  expect(readFileSync(output)).toHaveLength(0);
  expect([ledger.received, ledger.stored, limited + unwritten]).toEqual([1000, 0, 1000]);
});

test("a second signal ends at once what the first one waits for", async (context) => {
  const { directory } = fullDisk(context);
  const aggregator = await AggregatorProcess.start(["unixsock", "-o", join(directory, "out.jsonl")]);
  const client = await StreamClient.connect(aggregator.endpoint("unixsock"));
  for (const block of blocksOf(0).slice(0, 60)) await client.write(block);
  await aggregator.until(() => aggregator.stderr.includes("(ENOSPC)"), "to meet a full disk");
  aggregator.kill("SIGINT");
  aggregator.kill("SIGTERM");
  const { status, stdout } = await aggregator.ended;
  expect(status).toBe(1);
  expect(stdout).not.toContain('"closed"');
});

/** Asks for the ledger until senders have to wait. */
async function sendersWaiting(aggregator: AggregatorProcess): Promise<void> {
  for (let asked = 1; ; asked++) {
    aggregator.kill("SIGUSR2");
    const ledgers = (): string[] => aggregator.stdout.split("\n").filter((line) => /"event":"stats".*}$/.test(line));
    await aggregator.until(() => ledgers().length >= asked, "to print its ledger");
    if (JSON.parse(ledgers().at(-1) ?? "").output.pausedSeconds > 0) return;
  }
}
