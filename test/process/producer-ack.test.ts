import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryAddress } from "../../src/addresses/temporary-address.ts";
import { verify } from "../../src/lab/verify.ts";
import { AckedClient, hello } from "../support/acked-client.ts";
import { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const PRODUCER = fileURLToPath(new URL("../../dist/bin/producer.js", import.meta.url));

function produce(...args: string[]): RunningProgram {
  return new RunningProgram(process.execPath, [PRODUCER, ...args]);
}

async function aggregate(endpoint: string, output: string): Promise<RunningProgram> {
  const program = RunningProgram.aggregator([endpoint, "-o", output, "--durability", "ack", "--log-level", "warn"]);
  await program.event("listening");
  return program;
}

describe.each(["unixsock", "tcp"] as const)("producer --ack over %s", (transport) => {
  test("ends with 0 only when the file has every line, whatever happened to the aggregator", async () => {
    const directory = temporaryDirectory();
    const output = join(directory, "out.jsonl");
    let endpoint = temporaryAddress(transport, directory);
    let aggregator = await aggregate(endpoint, output);
    endpoint = `${transport}=${String(aggregator.lines[0]?.["address"])}`;
    // On a busy machine the aggregator may be killed three times in a row before its first sync: 5 s without a word.
    const lines = ["--rate", "20000", "-n", "30000", "--wait", "60s"];
    const producers = [1, 2].map((i) => produce(endpoint, "--ack", "--id", `p${i}`, ...lines));
    let running = producers.length;
    for (const producer of producers) void producer.ended.then(() => running--);
    for (let kills = 0; kills < 3 && running > 0; kills++) {
      const size = statSync(output).size;
      while (statSync(output).size < size + 500_000 && running > 0)
        await new Promise((resolve) => setImmediate(resolve));
      aggregator.child.kill("SIGKILL");
      await aggregator.ended;
      aggregator = await aggregate(endpoint, output);
    }
    for (const producer of producers) {
      expect(await producer.event("done")).toMatchObject({ sent: 30_000, unsent: { unacknowledged: 0, broken: 0 } });
      expect(await producer.ended).toBe(0);
    }
    aggregator.child.kill("SIGTERM");
    expect(await aggregator.event("closed")).toMatchObject({ residue: 0 });
    const verdict = await verify([output]);
    expect(verdict).toMatchObject({ invalid: 0, torn: [] });
    expect(verdict.runs.map(({ producer, lines, missing }) => [producer, lines, missing]).sort()).toEqual([
      ["p1", 30_000, 0],
      ["p2", 30_000, 0],
    ]);
  });
});

test("an orderly restart of the aggregator costs nothing and doubles nothing", async () => {
  const directory = temporaryDirectory();
  const output = join(directory, "out.jsonl");
  const endpoint = `unixsock=${join(directory, "s")}`;
  let aggregator = await aggregate(endpoint, output);
  const producer = produce(endpoint, "--ack", "--id", "p", "--rate", "5000", "-n", "5000");
  while (readFileSync(output).length < 100_000) await new Promise((resolve) => setImmediate(resolve));
  aggregator.child.kill("SIGTERM");
  expect(await aggregator.ended).toBe(0);
  aggregator = await aggregate(endpoint, output);
  expect(await producer.ended).toBe(0);
  expect(await verify([output])).toMatchObject({ lines: 5000, outcome: "intact" });
});

test("run twice under one id, it stores both runs", async () => {
  const directory = temporaryDirectory();
  const output = join(directory, "out.jsonl");
  const endpoint = `unixsock=${join(directory, "s")}`;
  await aggregate(endpoint, output);
  for (let run = 1; run <= 2; run++) {
    const producer = produce(endpoint, "--ack", "--id", "web-1", "--count", "1000", "--rate", "max");
    expect(await producer.event("done")).toMatchObject({ sent: 1000, unsent: { unacknowledged: 0 } });
    expect(await producer.ended).toBe(0);
  }
  const verdict = await verify([output]);
  expect(verdict).toMatchObject({ lines: 2000, outcome: "intact" });
  expect(verdict.runs.map(({ producer, lines }) => [producer, lines])).toEqual([
    ["web-1", 1000],
    ["web-1", 1000],
  ]);
});

test("fails when a stranger takes its sequence over, and counts as sent what is stored", async () => {
  const directory = temporaryDirectory();
  const output = join(directory, "out.jsonl");
  const endpoint = `unixsock=${join(directory, "s")}`;
  await aggregate(endpoint, output);
  const producer = produce(endpoint, "--ack", "--id", "web-1", "--rate", "1000", "--duration", "60s");
  while (statSync(output).size < 10_000) await new Promise((resolve) => setImmediate(resolve));
  const { run } = JSON.parse(readFileSync(output, "utf8").split("\n")[0] ?? "");
  const stranger = new AckedClient(join(directory, "s"));
  stranger.write(hello({ producer: "web-1", run, first: 1_000_000_000 }));
  expect(await stranger.nextAnswer()).toMatchObject({ next: 1_000_000_000 });
  const { sent, unsent } = await producer.event("done");
  expect(await producer.ended).toBe(1);
  expect(producer.stderr).toContain("ACKNOWLEDGEMENT_REFUSED");
  expect(producer.stderr).toContain("a newer connection of this sequence took over");
  const [verdict] = (await verify([output])).runs;
  expect(verdict).toMatchObject({ missing: 0, duplicates: 0 });
  expect(Number(sent)).toBeLessThanOrEqual(verdict?.lines ?? 0);
  expect(unsent).toMatchObject({ tooLong: 0, broken: 0 });
});

test("lists what was never acknowledged, and ends with 3", async () => {
  const path = join(temporaryDirectory(), "s");
  // Takes everything and acknowledges two lines.
  const server = createServer((socket) => {
    socket.once("data", () => {
      socket.write('{"welcome":"log-aggregator/1","next":0,"durability":"ack","lineBytesMax":1048576}\n');
      socket.once("data", () => socket.write('{"ack":1}\n'));
    });
    socket.resume();
  }).listen(path);
  await new Promise((resolve) => server.once("listening", resolve));
  const producer = produce(`unixsock=${path}`, "--ack", "-n", "10", "-i", "1", "--wait", "300ms");
  expect(await producer.event("done")).toMatchObject({ sent: 2, unsent: { unacknowledged: 8 } });
  expect(await producer.ended).toBe(3);
  expect(producer.stderr).toContain("lines 2 to 9 (counted from 0) were never acknowledged");
  server.close();
});

test("ships a program's output, acknowledged, and passes its status on", async () => {
  const directory = temporaryDirectory();
  const output = join(directory, "out.jsonl");
  const endpoint = `unixsock=${join(directory, "s")}`;
  await aggregate(endpoint, output);
  const producer = produce(endpoint, "--ack", "--", "sh", "-c", "seq 1 1000; exit 5");
  expect(await producer.ended).toBe(5);
  const lines = readFileSync(output, "utf8").trimEnd().split("\n");
  expect(lines.map((line): string => JSON.parse(line)._raw)).toEqual(
    Array.from({ length: 1000 }, (_, i) => `${i + 1}`),
  );
});

test("is refused where there is no way back, and by an aggregator that speaks otherwise", async () => {
  const udp = produce("udp=127.0.0.1:9", "--ack");
  expect(await udp.ended).toBe(2);
  expect(udp.stderr).toContain("udp can't carry acknowledgements; use unixsock or tcp");
  const path = join(temporaryDirectory(), "s");
  const server = createServer((socket) => socket.end("220 mail.example ESMTP\r\n")).listen(path);
  await new Promise((resolve) => server.once("listening", resolve));
  const producer = produce(`unixsock=${path}`, "--ack", "--wait", "200ms");
  expect(await producer.ended).toBe(1);
  expect(producer.stderr).toContain("ACKNOWLEDGEMENT_REFUSED");
  server.close();
});
