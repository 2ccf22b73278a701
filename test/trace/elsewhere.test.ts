import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onlyChildrenOf } from "../../src/lab/trace/own-processes.ts";
import { type ScriptOutput, totalOf } from "../../src/lab/trace/script-output.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { ownPid, requireTracing } from "./tracing.ts";
import { ended, outputOf, Workbench } from "./workbench.ts";

requireTracing();

const LINES = 37;
const PACE = ["--count", String(LINES), "--interval", "10ms"];

/** Sends nothing to a transport: to its streams, its parent, a server of its parent's, and a name server. */
const BUSY_ELSEWHERE = `
  const { writeSync } = require("node:fs");
  for (let n = 0; n < 11; n += 1) writeSync(1, "line\\n");
  for (let n = 0; n < 7; n += 1) process.send("message");
  const names = require("node:dgram").createSocket("udp4");
  names.connect(53, "127.0.0.1", () => {
    names.on("error", () => {});
    for (let n = 0; n < 5; n += 1) names.send("question");
    const server = require("node:net").connect(process.argv[1], () => {
      for (let n = 0; n < 13; n += 1) server.write("loaded");
      server.end();
      names.close();
      process.disconnect();
    });
  });`;

test("a producer's streams are no transport, although Node makes sockets of them", async () => {
  const workbench = new Workbench();
  const scripts = await Promise.all([
    workbench.attach("syscall_latency.bt"),
    workbench.attach("ipc_bytes.bt"),
    workbench.attach("write_bytes_per_sec.bt"),
  ]);
  const aggregator = await workbench.aggregator("unixsock");
  const program = projectFile("dist/bin/producer.js");
  const producer = workbench.startWithSockets("producer", [program, aggregator.endpoint, ...PACE]);
  expect(await ended(producer)).toBe(0);
  const { stored, output } = await aggregator.stop();
  const [latency, bytes, rate] = await Promise.all(scripts.map(outputOf));

  expect(stored).toBe(LINES);
  expect(sends(latency, "@lat", "write")).toBe(LINES);
  expect(sends(bytes, "@sent", "write")).toBe(LINES);
  expect(rate?.counts.get("@total")?.get("write")).toBe(Object(output)["bytesWritten"]);
});

test("a producer that tsx runs tells tsx of its files, which is no transport either", async () => {
  const workbench = new Workbench();
  const aggregator = await workbench.aggregator("unixsock");
  // Of the producers of the whole machine, the one whose parent is tsx.
  const text = readFileSync(projectFile("bpftrace/syscall_latency.bt"), "utf8");
  const grandchildren = onlyChildrenOf(text, ownPid).replaceAll("real_parent->tgid", "real_parent->real_parent->tgid");
  const script = await workbench.attachAsIs(grandchildren);
  const tsx = [projectFile("node_modules/tsx/dist/cli.mjs"), projectFile("bin/producer.ts")];
  expect(await ended(workbench.run(process.execPath, [...tsx, aggregator.endpoint, ...PACE]))).toBe(0);
  const { stored } = await aggregator.stop();
  const latency = await outputOf(script);

  expect(stored).toBe(LINES);
  expect(sends(latency, "@lat", "write")).toBe(LINES);
  expect(sends(latency, "@lat", "sent elsewhere")).toBeGreaterThan(0);
});

test("streams, messages to the parent and questions to a name server are counted as sent elsewhere", async () => {
  const workbench = new Workbench();
  const scripts = await Promise.all([
    workbench.attach("syscall_latency.bt"),
    workbench.attach("ipc_bytes.bt"),
    workbench.attach("write_bytes_per_sec.bt"),
  ]);
  const path = join(workbench.directory, "parent");
  const server = createServer((socket) => socket.resume()).listen(path);
  const producer = workbench.startWithSockets("producer", ["-e", BUSY_ELSEWHERE, path]);
  expect(await ended(producer)).toBe(0);
  server.close();
  const [latency, bytes, rate] = await Promise.all(scripts.map(outputOf));

  const calls = [...(latency?.histograms.get("@lat")?.keys() ?? [])];
  expect(calls).not.toContain("write");
  expect(calls).not.toContain("sendmsg");
  expect(sends(latency, "@lat", "sent elsewhere")).toBeGreaterThanOrEqual(11 + 7 + 5 + 13);
  expect(bytes?.histograms.get("@sent")).toBeUndefined();
  expect(rate?.counts.get("@total")).toBeUndefined();
});

test("what an aggregator reads from its streams or its parent came over no transport", async () => {
  const workbench = new Workbench();
  const scripts = await Promise.all([workbench.attach("ipc_bytes.bt"), workbench.attach("ready_to_read.bt")]);
  const program = "process.on('message', () => process.send('heard')); process.stdin.resume();";
  const aggregator = workbench.startWithSockets("aggregator", ["-e", program]);
  for (let message = 0; message < LINES; message += 1) {
    aggregator.stdin?.write("line\n");
    await heard(aggregator);
  }
  aggregator.stdin?.end();
  aggregator.disconnect();
  expect(await ended(aggregator)).toBe(0);
  const [bytes, ready] = await Promise.all(scripts.map(outputOf));

  expect(bytes?.histograms.get("@received")).toBeUndefined();
  expect(ready?.histograms.get("@lat")).toBeUndefined();
});

async function heard(aggregator: ChildProcess): Promise<void> {
  const answer = once(aggregator, "message");
  aggregator.send("message");
  await answer;
}

function sends(output: ScriptOutput | undefined, map: string, call: string): number {
  return totalOf(output?.histograms.get(map)?.get(call) ?? []);
}
