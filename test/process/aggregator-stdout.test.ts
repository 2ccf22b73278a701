import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { AGGREGATOR, AggregatorProcess, type ClosedEvent } from "../support/aggregator-process.ts";
import { openPipe } from "../support/pipe.ts";
import { ProducerProcess, summaryOf } from "../support/producer-process.ts";
import { openRawSender } from "../support/raw-sender.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** An aggregator whose stdout is a file of the test's choice; its events are on stderr. */
class Piped {
  readonly cwd = temporaryDirectory();
  readonly ended: Promise<{ status: number | null; events: string }>;
  readonly #kill: (signal: NodeJS.Signals) => void;
  readonly #listening: Promise<unknown>;

  /** @param stdout closed here */
  constructor(stdout: number, ...args: string[]) {
    const command = [AGGREGATOR, "unixsock=./s", "-o", "-", "--log-level", "warn", ...args];
    const child = spawn(process.execPath, command, { cwd: this.cwd, stdio: ["ignore", stdout, "pipe"] });
    closeSync(stdout);
    onTestFinished(() => void child.kill("SIGKILL"));
    let events = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      events += text;
    });
    this.#kill = (signal) => void child.kill(signal);
    this.#listening = once(child.stderr ?? child, "data");
    this.ended = once(child, "close").then(([status]) => ({ status, events }));
  }

  get address(): string {
    return `unixsock=${join(this.cwd, "s")}`;
  }

  async listens(): Promise<this> {
    await this.#listening;
    return this;
  }

  send(lines: string): void {
    const sender = openRawSender({ transport: "unixsock", path: join(this.cwd, "s") }, "stream");
    sender.write(lines);
    sender.close();
  }

  stop(): void {
    this.#kill("SIGTERM");
  }

  /** The ledger at its end. */
  async ledger(): Promise<ClosedEvent> {
    const { events } = await this.ended;
    const closed = events.split("\n").find((line) => line.startsWith('{"event":"closed"'));
    if (closed === undefined) throw new Error(`no ledger: ${events}`);
    return JSON.parse(closed);
  }
}

test("records go through a pipe to another program, and nothing else does", async () => {
  const { reader, writer } = openPipe();
  const aggregator = await new Piped(writer).listens();
  const jq = spawn("jq", ["-c", "--unbuffered", "[.n, ._raw]"], { stdio: [reader, "pipe", "inherit"] });
  closeSync(reader);
  aggregator.send('{"n":1}\nno json\n');
  if (jq.stdout === null) throw new Error("jq has a stdout");
  const printed = text(jq.stdout);
  await once(jq.stdout, "data");
  aggregator.stop();
  expect(await printed).toBe('[1,null]\n[null,"no json"]\n');
  expect(await aggregator.ledger()).toMatchObject({ received: 2, stored: 2, residue: 0 });
  expect((await aggregator.ended).status).toBe(0);
});

test("a reader that is slow makes senders wait, in little memory, and gets every line", async () => {
  const { reader, writer } = openPipe();
  const aggregator = await new Piped(writer, "--queue-bytes", "64KiB").listens();
  const count = 20_000;
  const producer = new ProducerProcess([aggregator.address, "--rate", "max", "-n", String(count), "--id", "p"]);
  await producer.blocked();
  const lines = text(new Socket({ fd: reader }));
  expect(summaryOf(await producer.finished).sent).toBe(count);
  aggregator.stop();
  const seqs = (await lines)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).seq);
  expect(seqs).toEqual(Array.from({ length: count }, (_, seq) => seq));
  const ledger = await aggregator.ledger();
  expect(ledger).toMatchObject({ received: count, stored: count, residue: 0 });
});

test("a stop while the reader doesn't read counts what is not written", async () => {
  const { reader, writer } = openPipe();
  const aggregator = await new Piped(writer, "--queue-bytes", "64KiB").listens();
  const producer = new ProducerProcess([aggregator.address, "--rate", "max", "--wait", "0", "-n", "20000"]);
  await producer.blocked();
  aggregator.stop();
  const ledger = await aggregator.ledger();
  expect((await aggregator.ended).status).toBe(3);
  expect(ledger.residue).toBe(0);
  expect(ledger.notStored.unwritten).toBeGreaterThan(0);
  // The last line may have been taken in part.
  const read = await text(new Socket({ fd: reader }));
  expect(read.split("\n").length - 1).toBe(ledger.stored);
});

test("a reader that goes away ends it like SIGTERM, and the ledger says what was not written", async () => {
  const { reader, writer } = openPipe();
  const aggregator = await new Piped(writer, "--queue-bytes", "64KiB", "--log-level", "info").listens();
  const producer = new ProducerProcess([aggregator.address, "--rate", "max", "--wait", "0", "-n", "20000"]);
  await producer.blocked();
  readSync(reader, Buffer.alloc(1000));
  closeSync(reader);
  const { status, events } = await aggregator.ended;
  expect(status).toBe(3);
  const ledger = await aggregator.ledger();
  expect(ledger.residue).toBe(0);
  expect(ledger.notStored.unwritten).toBeGreaterThan(0);
  expect(events.split("no reader any more")).toHaveLength(2);
  expect(events).not.toContain("the output refuses lines");
});

test("a reader that goes away ends it even when nothing is written, and nothing is lost", async () => {
  const { reader, writer } = openPipe();
  const aggregator = await new Piped(writer).listens();
  closeSync(reader);
  expect((await aggregator.ended).status).toBe(0);
  expect(await aggregator.ledger()).toMatchObject({ received: 0, residue: 0 });
});

test("standard output may be a socket, as other programs start it", async () => {
  const aggregator = new AggregatorProcess(["unixsock=./s", "-o", "-"]);
  await aggregator.until(() => aggregator.stderr.includes('"event":"listening"'), "to listen");
  openRawSender({ transport: "unixsock", path: join(aggregator.cwd, "s") }, "stream").write('{"n":1}\n');
  await aggregator.until(() => aggregator.stdout !== "", "to write");
  aggregator.kill("SIGTERM");
  expect(await aggregator.ended).toMatchObject({ status: 0, stdout: '{"n":1}\n' });
});

test("standard output may be a regular file, which is written from where it stands", async () => {
  const path = join(temporaryDirectory(), "out");
  execFileSync("sh", ["-c", `echo '{"before":true}' >${path}`]);
  const aggregator = await new Piped(openSync(path, "a")).listens();
  aggregator.send('{"n":1}\n');
  aggregator.stop();
  expect((await aggregator.ended).status).toBe(0);
  expect(readFileSync(path, "utf8")).toBe('{"before":true}\n{"n":1}\n');
});

test("standard output that is closed is refused, because every line would be lost; /dev/null is as it was asked for", async () => {
  const closed = spawnSync("sh", ["-c", `exec "$0" "$1" unixsock=./s -o - >&-`, process.execPath, AGGREGATOR], {
    cwd: temporaryDirectory(),
    encoding: "utf8",
    timeout: 20_000,
  });
  expect([closed.status, closed.stderr]).toEqual([1, expect.stringContaining("standard output is closed")]);
  const aggregator = await new Piped(openSync("/dev/null", "w")).listens();
  aggregator.send('{"n":1}\n');
  aggregator.stop();
  expect((await aggregator.ended).status).toBe(0);
});

test("--on-full exit: standard output that refuses lines ends it", async () => {
  const aggregator = await new Piped(openSync("/dev/full", "w"), "--on-full", "exit").listens();
  aggregator.send('{"n":1}\n');
  const { status, events } = await aggregator.ended;
  expect(status).toBe(1);
  expect(events).toContain("standard output refuses lines (ENOSPC)");
  expect(await aggregator.ledger()).toMatchObject({ stored: 0, notStored: { unwritten: 1 } });
});
