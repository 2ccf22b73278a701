import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setImmediate as nextIteration } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/bin/ipc-lab.js", import.meta.url));
/** So many that it is never over before the test. */
const MANY = ["--count", "100000", "--producers", "3"];

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
    expect(await this.ended, this.text).toEqual(ending);
    expect(this.#members().map(nameOf)).toEqual([]);
    expect(readdirSync(this.folder)).toEqual([]);
    expect(this.text).not.toContain("Error");
  }

  #members(): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => groupOf(pid) === this.pid);
  }
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

test("undisturbed it leaves nothing either", async () => {
  const demo = new Demo("--count", "2", "--interval", "1ms", "--producers", "2", "--json");
  await demo.leavesNothing();
  const results = demo.text.trimEnd().split("\n");
  expect(results.map((line) => JSON.parse(line).stored)).toEqual([4, 4, 4, 4, 4]);
});

test("a message that one of the transports can't carry is refused before any is measured", async () => {
  const demo = new Demo("--size", "5000");
  await demo.leavesNothing([2, null]);
  expect(demo.text).toContain("'5000' is invalid. Write 1 to 3840 bytes");
});
