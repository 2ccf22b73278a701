import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextIteration } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { readPage } from "../support/doc-samples.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/bin/ipc-lab.js", import.meta.url));
/** So many that it is never over before the test. */
const MANY = ["--count", "100000", "--producers", "3"];

/** It takes at most half a minute, and longer beside other tests. */
const DEMO = { timeout: 180_000 };

type Ending = readonly [status: number | null, signal: NodeJS.Signals | null];

/** A demo, the leader of a process group of its own, with a folder of its own for its folders. */
class Demo {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly folder: string = temporaryDirectory();
  readonly ended: Promise<Ending>;
  text = "";

  constructor(...args: readonly string[]) {
    const env = { ...process.env, TMPDIR: this.folder };
    this.child = spawn(process.execPath, [PROGRAM, "demo", ...args], { env, detached: true, stdio: "pipe" });
    this.pid = this.child.pid ?? 0;
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on("data", (text) => (this.text += text));
    this.ended = once(this.child, "exit").then(([status, signal]) => [status, signal]);
    onTestFinished(() => {
      if (this.#members().length > 0) process.kill(-this.pid, "SIGKILL");
    });
  }

  /** Resolves when so many of its group run under that name. */
  async runs(count: number, name: string): Promise<void> {
    while (this.#members().filter((pid) => nameOf(pid) === name).length < count) await nextIteration();
  }

  /** Expects that it ends well, that nothing goes on running, and that nothing is left. */
  async leavesNothing(ending: Ending = [0, null]): Promise<void> {
    await this.ends(ending);
    expect(readdirSync(this.folder)).toEqual([]);
  }

  /** Expects that it ends well, and that nothing goes on running. */
  async ends(ending: Ending = [0, null]): Promise<void> {
    expect(await this.ended, this.text).toEqual(ending);
    expect(this.#members().map(nameOf)).toEqual([]);
    expect(this.text).not.toContain("Error");
  }

  #members(): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => groupOf(pid) === this.pid);
  }
}

/** Its lines with nothing in them that differs from run to run: no figure, and of the verdict only how it begins. */
function shapeOf(text: string): string[] {
  const [table = "", verdict = "", report = ""] = text.split(/\n\n|\n(?=report: )/);
  const rows = table.split("\n").map((line) => line.replace(/\d[\d,.]*/g, "#").replace(/ +/g, " "));
  const begin = verdict.replaceAll("\n", " ").replace(/^Take \w+: it [\s\S]*\.$/, "Take one: it ….");
  return [...rows, begin, report.trimEnd().replace(/\/\S+\/ipc-lab-demo-\w+/, "folder")];
}

function nameOf(pid: number): string {
  return textOf(`/proc/${pid}/comm`).trim();
}

/** Of a process that runs; none for what has ended and waits to be buried. */
function groupOf(pid: number): number | undefined {
  const [state, , group] = textOf(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return state === "Z" ? undefined : Number(group);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

test.each<[NodeJS.Signals, Ending]>([
  ["SIGINT", [0, null]],
  ["SIGTERM", [0, null]],
  ["SIGHUP", [null, "SIGHUP"]],
])("%s ends the demo's programs and removes its folder", async (signal, ending) => {
  const demo = new Demo(...MANY);
  await demo.runs(3, "producer");
  demo.child.kill(signal);
  await demo.leavesNothing(ending);
});

test("so does a signal while the aggregator starts", async () => {
  const demo = new Demo(...MANY);
  await demo.runs(1, "aggregator");
  demo.child.kill("SIGTERM");
  await demo.leavesNothing();
});

test("so do several, which a terminal sends to all of them at once", async () => {
  const demo = new Demo(...MANY);
  await demo.runs(3, "producer");
  process.kill(-demo.pid, "SIGINT");
  process.kill(-demo.pid, "SIGINT");
  await demo.leavesNothing();
});

test("so does the end of the program that reads its results, at the next result", async () => {
  const demo = new Demo("--count", "2", "--interval", "1ms");
  await once(demo.child.stdout ?? demo.child, "data");
  demo.child.stdout?.destroy();
  await demo.leavesNothing();
});

test("undisturbed it prints what README.md shows, and leaves the results and a report", DEMO, async () => {
  const demo = new Demo("--count", "2", "--interval", "10ms", "--producers", "2");
  await demo.ends();
  const [, shown = ""] = /## Demo\n[\s\S]*?```\n([\s\S]*?)```\n/.exec(readPage("README.md")) ?? [];
  expect(shapeOf(demo.text)).toEqual(shapeOf(shown));
  const [, folder = "", report = ""] = /report: (\S+)\/(\S+)\n$/.exec(demo.text) ?? [];
  expect(readdirSync(demo.folder)).toEqual([folder.slice(demo.folder.length + 1)]);
  expect(readdirSync(folder).toSorted()).toEqual([report, "results.jsonl"]);
  const page = readFileSync(join(folder, report), "utf8");
  expect(page).toContain("</html>");
  expect(page).toContain(/^Take \w+/m.exec(demo.text)?.[0]?.slice(5));
});

test("a slow receiver makes producers wait, and lets the kernel drop datagrams, which are counted", DEMO, async () => {
  const out = join(temporaryDirectory(), "new", "folder");
  const demo = new Demo("--slow-receiver", "--producers", "2", "--json", "--out", out);
  await demo.ends();
  const printed = demo.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const rows = printed.slice(0, -1);
  expect(rows.map(({ transport }) => transport)).toEqual(["unixsock", "tcp", "unixgram", "udp", "fifo"]);
  for (const { transport, sent, stored, lost, classes, waitedSeconds, residue } of rows) {
    expect([transport, sent, stored + lost, residue]).toEqual([transport, 100_000, 100_000, 0]);
    expect([transport, lost, waitedSeconds > 0]).toEqual([transport, classes.kernelDrops, transport !== "udp"]);
    expect([transport, lost > 0]).toEqual([transport, transport === "udp"]);
  }
  const { verdict, report } = printed.at(-1);
  expect(verdict).toMatch(/^On unixsock, tcp, unixgram and fifo the producers waited, .* On udp they did not wait, /);
  expect(report).toBe(join(out, "report.html"));
  expect(readdirSync(out).toSorted()).toEqual(["report.html", "results.jsonl"]);
  expect(readdirSync(demo.folder)).toEqual([]);
});

test("interrupted, it removes the folders that it made, and leaves one that was there", async () => {
  const there = temporaryDirectory();
  for (const out of [join(there, "new", "folder"), there]) {
    const demo = new Demo(...MANY, "--out", out);
    await demo.runs(3, "producer");
    demo.child.kill("SIGINT");
    await demo.leavesNothing();
    expect(readdirSync(there)).toEqual([]);
  }
});

test("a folder with files is refused, and they stay", async () => {
  const out = temporaryDirectory();
  writeFileSync(join(out, "results.jsonl"), "mine");
  const demo = new Demo("--out", out);
  await demo.leavesNothing([2, null]);
  expect(demo.text).toContain(`${out} is not empty; pass an --out that doesn't exist yet`);
  expect(readFileSync(join(out, "results.jsonl"), "utf8")).toBe("mine");
});

/** Has a command send a signal to itself in its first statement, before its modules are loaded. */
function signalAtStart(signal: NodeJS.Signals): string {
  const path = join(temporaryDirectory(), "preload.cjs");
  const send = `process.kill(process.pid, "${signal}")`;
  writeFileSync(path, `process.on("newListener", (name) => { if (name === "SIGUSR1") ${send}; });`);
  return `--require=${path}`;
}

test.each<[string, NodeJS.Signals, Ending]>([
  ["demo", "SIGINT", [0, null]],
  ["demo", "SIGTERM", [0, null]],
  ["claims", "SIGINT", [0, null]],
  ["verify", "SIGINT", [null, "SIGINT"]],
])("%s: a %s while it is loaded ends it with %j, and nothing is left", (command, signal, ending) => {
  const folder = temporaryDirectory();
  const env = { ...process.env, TMPDIR: folder, NODE_OPTIONS: signalAtStart(signal) };
  const words = [PROGRAM, command, ...(command === "verify" ? ["/dev/null"] : [])];
  const { status, signal: by, stderr } = spawnSync(process.execPath, words, { env, encoding: "utf8" });
  expect([status, by, stderr]).toEqual([...ending, ""]);
  expect(readdirSync(folder)).toEqual([]);
});

test("a message that one of the transports can't carry is refused before any is measured", async () => {
  const demo = new Demo("--size", "5000");
  await demo.leavesNothing([2, null]);
  expect(demo.text).toContain("'5000' is invalid. Write 1 to 3840 bytes");
});
