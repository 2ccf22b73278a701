import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AckedClient, aggregate, HELLO, site, stop, welcome } from "../support/acked-client.ts";
import { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { withoutOrigin } from "../support/wrapped.ts";

const LATE_LINES = 8000;

describe("a sender that says hello", () => {
  test("is welcomed, and gets an acknowledgement for each line once it is in the file", async () => {
    const here = site();
    const aggregator = await aggregate(here);
    const client = new AckedClient(here.socket);
    client.write(HELLO);
    expect(await client.nextAnswer()).toEqual(welcome(0));
    client.write('{"n":0}\n\n{"n":2}\n{"n":');
    await client.acknowledgedUpTo(2);
    expect(readFileSync(here.output, "utf8")).toBe('{"n":0}\n{"n":2}\n');
    client.write("3}\n");
    await client.acknowledgedUpTo(3);
    expect(readFileSync(here.output, "utf8")).toBe('{"n":0}\n{"n":2}\n{"n":3}\n');
    expect(await stop(aggregator)).toMatchObject({ received: 4, stored: 3, notStored: { blank: 1 } });
  });

  test("may say it byte by byte", async () => {
    const here = site();
    await aggregate(here);
    const client = new AckedClient(here.socket);
    client.socket.setNoDelay?.(true);
    for (const byte of HELLO) await new Promise((resolve) => client.socket.write(byte, resolve));
    expect(await client.nextAnswer()).toEqual(welcome(0));
  });

  test("resumes behind what was taken, and its unfinished line is not stored", async () => {
    const here = site();
    const aggregator = await aggregate(here);
    const first = new AckedClient(here.socket);
    first.write(HELLO);
    await first.nextAnswer();
    first.write('{"n":0}\n{"n":1}\n{"n":2');
    await first.acknowledgedUpTo(1);
    first.socket.destroy();
    const second = new AckedClient(here.socket);
    second.write(HELLO);
    expect(await second.nextAnswer()).toEqual(welcome(2));
    expect(await second.nextAnswer()).toEqual({ ack: 1 });
    second.write('{"n":2}\n');
    await second.acknowledgedUpTo(2);
    const ledger = await stop(aggregator);
    expect(ledger).toMatchObject({ stored: 3, notStored: { partial: 1 }, duplicatesSuppressed: 2 });
    expect(readFileSync(here.output, "utf8")).toBe('{"n":0}\n{"n":1}\n{"n":2}\n');
    expect(await aggregator.ended).toBe(0);
  });

  test("takes over from its own older connection", async () => {
    const here = site();
    await aggregate(here);
    const old = new AckedClient(here.socket);
    old.write(HELLO);
    await old.nextAnswer();
    old.write('{"n":0}\n');
    await old.acknowledgedUpTo(0);
    const young = new AckedClient(here.socket);
    young.write(HELLO);
    expect(await young.nextAnswer()).toEqual(welcome(1));
    expect(await old.nextAnswer()).toEqual({ error: "a newer connection of this sequence took over", retry: false });
    expect(await old.nextAnswer()).toBeUndefined();
  });

  test("is told which lines are too long, and may continue", async () => {
    const here = site();
    await aggregate(here, "--max-line", "100");
    const client = new AckedClient(here.socket);
    client.write(HELLO);
    await client.nextAnswer();
    client.write(`{"n":0}\n${"x".repeat(5000)}\n{"n":2}\n`);
    expect(await client.nextAnswer()).toEqual({ refused: 1, upTo: 2 });
    await client.acknowledgedUpTo(2);
    expect(readFileSync(here.output, "utf8")).toBe('{"n":0}\n{"n":2}\n');
  });

  test("whose line is given up for want of memory sends it again: it is neither stored nor acknowledged", async () => {
    const here = site();
    const aggregator = await aggregate(here, "--queue-bytes", "64KiB");
    const first = new AckedClient(here.socket);
    first.write(HELLO);
    await first.nextAnswer();
    first.write(`{"n":0}\n{"n":1,"long":"${"x".repeat(100_000)}`);
    await first.ended();
    const second = new AckedClient(here.socket);
    second.write(HELLO);
    expect(await second.nextAnswer()).toEqual(welcome(1));
    second.write('{"n":1}\n');
    await second.acknowledgedUpTo(1);
    expect(readFileSync(here.output, "utf8")).toBe('{"n":0}\n{"n":1}\n');
    expect(await stop(aggregator)).toMatchObject({ received: 3, stored: 2, notStored: { shed: 0, partial: 1 } });
    expect(await aggregator.ended).toBe(0);
  });

  test("may read its answers late", async () => {
    const here = site();
    // Thousands of acknowledgements, each of which would wait for a sync of its own under "ack".
    await aggregate(here, "--durability", "none", "--latency", "low");
    const client = new AckedClient(here.socket);
    client.write(HELLO);
    await client.nextAnswer();
    // The answers fill the socket's buffer; after that the aggregator keeps only the latest.
    client.socket.pause();
    for (let n = 0; n < LATE_LINES; n++) {
      await new Promise((resolve) => client.socket.write(`{"n":${n}}\n`, resolve));
      await new Promise(setImmediate);
    }
    client.socket.resume();
    await client.acknowledgedUpTo(LATE_LINES - 1);
  });
});

describe("a sender that says nothing", () => {
  test("is answered nothing, whatever its first line looks like", async () => {
    const here = site();
    const aggregator = await aggregate(here);
    const client = new AckedClient(here.socket);
    client.socket.end('{"hello":"log-aggregate"}\n{"hello":1}\n{"hel');
    expect(await client.nextAnswer()).toBeUndefined();
    expect(await stop(aggregator)).toMatchObject({ received: 3, stored: 3 });
    expect(withoutOrigin(readFileSync(here.output, "utf8"))).toBe(
      '{"hello":"log-aggregate"}\n{"hello":1}\n{"_raw":"{\\"hel"}\n',
    );
  });

  test("has an unfinished beginning of a hello kept as a line", async () => {
    const here = site();
    const aggregator = await aggregate(here);
    const client = new AckedClient(here.socket);
    client.socket.end('{"hello":"log-agg');
    expect(await client.nextAnswer()).toBeUndefined();
    await stop(aggregator);
    expect(withoutOrigin(readFileSync(here.output, "utf8"))).toBe('{"_raw":"{\\"hello\\":\\"log-agg"}\n');
  });
});

test("a client in another language keeps its promise through kill -9", async () => {
  const here = site();
  let aggregator = await aggregate(here);
  const count = 20_000;
  const client = RunningProgram.python("acked_sender.py", [`unix:${here.socket}`, "web", String(count), "50"]);
  for (const upTo of [2000, 6000, 11_000]) {
    await client.line((line) => Number(line["upTo"]) >= upTo);
    aggregator.child.kill("SIGKILL");
    await aggregator.ended;
    aggregator = await aggregate(here);
  }
  expect(await client.event("done")).toMatchObject({ acked: count });
  const ledger = await stop(aggregator);
  expect(ledger["kernelDrops"]).toBe(0);
  const numbers = readFileSync(here.output, "utf8")
    .trimEnd()
    .split("\n")
    .map((line): number => JSON.parse(line).seq);
  // Lines stored but not acknowledged before a kill may come twice; none may be missing, and first comings are in order.
  const firsts = [...new Set(numbers)];
  expect(firsts).toEqual(Array.from({ length: count }, (_, i) => i));
});

test("a FIFO has no way back, so what looks like a hello is a line there", async () => {
  const directory = temporaryDirectory();
  const fifo = join(directory, "fifo");
  const output = join(directory, "out.jsonl");
  const aggregator = RunningProgram.aggregator([`fifo=${fifo}`, "-o", output]);
  await aggregator.event("listening");
  writeFileSync(fifo, `${HELLO}{"n":0}\n`);
  aggregator.child.kill("SIGTERM");
  expect(await aggregator.event("closed")).toMatchObject({ received: 2, stored: 2 });
  expect(readFileSync(output, "utf8")).toBe(`${HELLO}{"n":0}\n`);
});
