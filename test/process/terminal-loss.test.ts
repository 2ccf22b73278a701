import { existsSync, readFileSync, renameSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { setImmediate as nextIteration } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { AGGREGATOR, AggregatorProcess } from "../support/aggregator-process.ts";
import { PRODUCER, ProducerProcess, summaryOf } from "../support/producer-process.ts";
import { openRawSender, type RawSender } from "../support/raw-sender.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { Terminal } from "../support/terminal.ts";

const NODE = process.execPath;
const LAUNCHER = projectFile("scripts/launch-producers.sh");
const CTRL_C = "\x03";
const OUTPUT = "aggregated_logs.jsonl";

let cwd = "";
beforeEach(() => {
  cwd = temporaryDirectory();
});

function onTerminal(...command: string[]): Terminal {
  return new Terminal(command, 120, { cwd });
}

/** With its diagnostics in a file, so that there is something to read when the terminal is gone. */
function throughShell(command: string): Terminal {
  return onTerminal("sh", "-c", `exec ${command} 2>log`);
}

function sender(): RawSender {
  return openRawSender({ transport: "unixsock", path: join(cwd, "x.sock") }, "stream");
}

function text(name: string): string {
  return existsSync(join(cwd, name)) ? readFileSync(join(cwd, name), "utf8") : "";
}

async function contains(name: string, pattern: RegExp): Promise<void> {
  while (!pattern.test(text(name))) await nextIteration();
}

function eventIn(name: string, event: string): Record<string, unknown> {
  const line = text(name)
    .split("\n")
    .find((one) => one.startsWith(`{"event":"${event}"`));
  return JSON.parse(line ?? `"no ${event} in ${name}: ${text(name)}"`);
}

/** Sends a line to the aggregator here, again and again, until it listens no more. @returns how many it took */
async function sendUntilTheEnd(raw: RawSender): Promise<number> {
  for (let lines = 0; ; lines++) {
    try {
      raw.write(`{"n":${lines}}\n`);
    } catch (error) {
      if (error instanceof Error && error.message.includes("EPIPE")) return lines;
      throw error;
    }
    await nextIteration();
  }
}

test("an aggregator whose terminal closes while lines arrive stores them all and ends as by SIGTERM", async () => {
  const terminal = onTerminal(NODE, AGGREGATOR, "unixsock=x.sock");
  await terminal.shows(/listening on/);
  const taken = sendUntilTheEnd(sender());
  await terminal.shows(/\dk? lines {3}[1-9]/);
  terminal.hangUp();
  expect((await terminal.ended).status).toBe(0);
  expect(existsSync(join(cwd, "x.sock"))).toBe(false);
  const stored = text(OUTPUT).split("\n");
  expect(stored.length - 1).toBe(await taken);
  expect(JSON.parse(stored.at(-2) ?? "")).toEqual({ n: stored.length - 2 });
});

test("the ledger goes to stderr when stdout was the terminal that is gone", async () => {
  const terminal = throughShell(`${NODE} ${AGGREGATOR} unixsock=x.sock`);
  await terminal.shows(/listening on/);
  sender().write("{}\n{}\n");
  await contains(OUTPUT, /\n.*\n/);
  terminal.hangUp();
  expect((await terminal.ended).status).toBe(0);
  expect(eventIn("log", "closed")).toMatchObject({ received: 2, stored: 2, residue: 0 });
  expect(text("log")).toContain("stored 2 of 2 lines; none lost");
});

test("an aggregator that no signal tells of the end of its terminal ends when it can't write there", async () => {
  // Of a session of its own: the terminal's hang-up concerns the shell only.
  const terminal = onTerminal("sh", "-c", `trap '' HUP; setsid ${NODE} ${AGGREGATOR} unixsock=x.sock >out & wait $!`);
  await terminal.shows(/0 lines\/s/);
  terminal.hangUp();
  expect((await terminal.ended).status).toBe(0);
  expect(eventIn("out", "closed")).toMatchObject({ residue: 0 });
  expect(existsSync(join(cwd, "x.sock"))).toBe(false);
});

test("a background job of a shell whose window closes ends as by SIGTERM", async () => {
  const shell = onTerminal("bash", "--norc", "--noediting", "-i");
  shell.type(`${NODE} ${AGGREGATOR} unixsock=x.sock >out 2>log &\n`);
  await contains("out", /"event":"listening"/);
  shell.hangUp();
  await contains("out", /"event":"closed"/);
  expect(eventIn("out", "closed")).toMatchObject({ residue: 0 });
});

test("SIGHUP while the terminal is there opens the output again, as logrotate wants it", async () => {
  const terminal = onTerminal(NODE, AGGREGATOR, "unixsock=x.sock");
  await terminal.shows(/listening on/);
  renameSync(join(cwd, OUTPUT), join(cwd, "renamed"));
  terminal.kill("SIGHUP");
  await contains(OUTPUT, /^/);
  await terminal.shows(/the output had been renamed or removed; a new one is open/);
  sender().write("{}\n");
  await terminal.shows(/1 lines/);
  terminal.type(CTRL_C);
  expect((await terminal.ended).status).toBe(0);
  expect(text(OUTPUT)).toBe("{}\n");
});

test("under nohup an aggregator outlives its terminal, and SIGHUP opens the output again", async () => {
  const terminal = onTerminal("nohup", NODE, AGGREGATOR, "unixsock=x.sock");
  await contains("nohup.out", /"event":"listening"/);
  renameSync(join(cwd, OUTPUT), join(cwd, "renamed"));
  terminal.hangUp();
  await contains("nohup.out", /the output had been renamed or removed; a new one is open/);
  sender().write("{}\n");
  await contains(OUTPUT, /\n/);
  terminal.kill("SIGTERM");
  expect((await terminal.ended).status).toBe(0);
  expect(eventIn("nohup.out", "closed")).toMatchObject({ stored: 1, residue: 0 });
});

test("a producer whose terminal closes says what it sent, as after SIGTERM", async () => {
  const aggregator = await AggregatorProcess.start(["unixsock=x.sock"], { cwd });
  const terminal = throughShell(`${NODE} ${PRODUCER} unixsock=x.sock --rate 1000`);
  await aggregator.grown(10_000);
  terminal.hangUp();
  expect((await terminal.ended).status).toBe(0);
  const { ledger } = await aggregator.stop();
  expect(eventIn("log", "done")).toMatchObject({ sent: ledger.stored, unsent: { broken: 0, inDoubt: 0 } });
});

test("a producer that reads its lines from the terminal that closes ships those that were typed", async () => {
  const aggregator = await AggregatorProcess.start(["unixsock=x.sock"], { cwd });
  const terminal = throughShell(`${NODE} ${PRODUCER} unixsock=x.sock --stdin`);
  terminal.type('{"typed":1}\n');
  await aggregator.grown(1);
  terminal.hangUp();
  expect((await terminal.ended).status).toBe(0);
  expect(eventIn("log", "done")).toMatchObject({ sent: 1 });
  expect((await aggregator.stop()).ledger.stored).toBe(1);
});

test("a run of the laboratory whose terminal closes ends in order", async () => {
  const args = ["--quick", "--scenarios", "paced", "--transports", "fifo", "--collect", "proc", "--out", "results"];
  const terminal = onTerminal(NODE, projectFile("dist/bin/ipc-lab.js"), "run", ...args);
  await terminal.shows(/1\/\d+ {2}/);
  terminal.hangUp();
  expect((await terminal.ended).status).toBe(0);
});

test("a launcher whose terminal closes ends, and so do its producers", async () => {
  const aggregator = await AggregatorProcess.start(["unixsock=x.sock"], { cwd });
  const terminal = onTerminal(LAUNCHER, "unixsock=x.sock", "3", "10", "--", "--rate", "100");
  await aggregator.grown(10_000);
  terminal.hangUp();
  expect((await terminal.ended).status).toBe(128 + constants.signals.SIGHUP);
  const { ledger } = await aggregator.stop();
  expect(ledger.stored).toBeGreaterThan(50);
});

test("a producer without a terminal, as under nohup, goes on after SIGHUP", async () => {
  const aggregator = await AggregatorProcess.start(["unixsock=x.sock"], { cwd });
  const producer = new ProducerProcess([`unixsock=${join(cwd, "x.sock")}`, "--stdin"]);
  producer.stdin.write("{}\n");
  await aggregator.grown(1);
  producer.kill("SIGHUP");
  producer.stdin.end("{}\n");
  const finished = await producer.finished;
  expect(finished.status).toBe(0);
  expect(summaryOf(finished).sent).toBe(2);
  await aggregator.stop();
});
