import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { HELLO } from "../support/acked-client.ts";
import { type ProgramLine, RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const KiB = 1024;

/** An aggregator with room for 64 KiB of unfinished lines, and what it stored. */
class Site {
  readonly #directory = temporaryDirectory();
  readonly #socket = join(this.#directory, "s");
  readonly #output = join(this.#directory, "out.jsonl");
  readonly #aggregator = RunningProgram.aggregator([
    ...[`unixsock=${this.#socket}`, "-o", this.#output, "--check", "shape"],
    ...["--queue-bytes", "64KiB", "--stats-interval", "20ms"],
  ]);

  static async open(): Promise<Site> {
    const site = new Site();
    await site.#aggregator.event("listening");
    return site;
  }

  connect(): Socket {
    const socket = connect(this.#socket);
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    return socket;
  }

  /** Resolves when so many bytes have been read from all senders. */
  async read(bytes: number): Promise<void> {
    await this.#aggregator.line((line) => line["event"] === "stats" && receivedBytes(line) >= bytes);
  }

  /** Lengths of the lines in the file, by the first word in them. */
  stored(): [string, number][] {
    const lines = readFileSync(this.#output, "utf8").trimEnd().split("\n");
    return lines.map((line) => [/\w+/.exec(line)?.[0] ?? "", line.length]);
  }

  /** @returns the ledger and the exit status */
  async stop(): Promise<[ProgramLine, number | null]> {
    this.#aggregator.child.kill("SIGTERM");
    const ledger = await this.#aggregator.event("closed");
    expect(ledger["residue"]).toBe(0);
    return [ledger, await this.#aggregator.ended];
  }
}

function receivedBytes(stats: ProgramLine): number {
  const { transports }: { transports: { receivedBytes: number }[] } = JSON.parse(JSON.stringify(stats));
  return transports[0]?.receivedBytes ?? 0;
}

function answersOf(socket: Socket): () => Promise<unknown> {
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await answers.next();
    return done === true ? undefined : JSON.parse(value);
  };
}

/** A line of so many bytes without its LF. */
function line(name: string, bytes: number): string {
  return `{"${name}":"`.padEnd(bytes - 2, "x").concat('"}');
}

test("an unfinished line that is given up costs its sender that line, and nothing after it", async () => {
  const site = await Site.open();
  const idle = site.connect();
  const long = line("idle", 60 * KiB);
  idle.write(long.slice(0, -1));
  await site.read(long.length - 1);
  const honest = site.connect();
  honest.write(line("honest", 50 * KiB));
  await site.read(long.length - 1 + 50 * KiB);
  idle.end("}\n{after:1}\n");
  honest.end("\n{more:1}\n");
  await site.read(long.length + 50 * KiB + 21);
  const [ledger, status] = await site.stop();
  expect(ledger).toMatchObject({ received: 4, stored: 3, notStored: { shed: 1, partial: 0 } });
  expect(status).toBe(3);
  const stored = site.stored().toSorted(([a], [b]) => a.localeCompare(b));
  expect(stored).toEqual([
    ["after", 9],
    ["honest", 50 * KiB],
    ["more", 8],
  ]);
});

test("an acknowledged line for which there is no memory is asked for again", async () => {
  const site = await Site.open();
  const first = site.connect();
  const nextAnswer = answersOf(first);
  first.write(HELLO);
  expect(await nextAnswer()).toMatchObject({ next: 0 });
  first.write(`{zero:0}\n${line("long", 200 * KiB)}`);
  for (let answer = await nextAnswer(); answer !== undefined; answer = await nextAnswer()) {
    if (JSON.stringify(answer) !== '{"ack":0}')
      expect(answer).toMatchObject({ error: expect.stringMatching(/^no memory/) });
  }
  const second = site.connect();
  const hearAgain = answersOf(second);
  second.write(HELLO);
  expect(await hearAgain()).toMatchObject({ next: 1 });
  expect(await hearAgain()).toEqual({ ack: 0 });
  second.write(`${line("long", 60 * KiB)}\n`);
  expect(await hearAgain()).toEqual({ ack: 1 });
  const [ledger, status] = await site.stop();
  // The sender held the line and sent it again: it was no loss.
  expect(ledger).toMatchObject({ stored: 2, notStored: { shed: 0, partial: 1 } });
  expect(status).toBe(0);
  expect(site.stored()).toEqual([
    ["zero", 8],
    ["long", 60 * KiB],
  ]);
});

test("an acknowledged sender whose line is shed for another's is notified immediately", async () => {
  const site = await Site.open();
  const acked = site.connect();
  const nextAnswer = answersOf(acked);
  acked.write(HELLO);
  expect(await nextAnswer()).toMatchObject({ next: 0 });
  const long = line("acked", 60 * KiB);
  acked.write(long.slice(0, -1));
  await site.read(HELLO.length + long.length - 1);
  const plain = site.connect();
  plain.write(line("plain", 50 * KiB));
  expect(await nextAnswer()).toMatchObject({ error: expect.stringMatching(/^no memory/) });
  expect(await nextAnswer()).toBeUndefined();
  plain.end("\n");
  const again = site.connect();
  const hearAgain = answersOf(again);
  again.write(HELLO);
  expect(await hearAgain()).toMatchObject({ next: 0 });
  again.write(`${long}\n`);
  expect(await hearAgain()).toEqual({ ack: 0 });
  const [ledger, status] = await site.stop();
  expect(ledger).toMatchObject({ received: 3, stored: 2, notStored: { shed: 0, partial: 1 } });
  expect(status).toBe(0);
  expect(site.stored().toSorted()).toEqual([
    ["acked", 60 * KiB],
    ["plain", 50 * KiB],
  ]);
});
