import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, type TestContext, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { FaultProgram } from "../support/fault-program.ts";
import { injecting, straceObstacle } from "../support/fault-tools.ts";
import { ProducerProcess } from "../support/producer-process.ts";
import { StreamReceiver } from "../support/stream-receiver.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const BIN = fileURLToPath(new URL("../../dist/bin/", import.meta.url));
const COMMANDS = readdirSync(fileURLToPath(new URL("../../bin/", import.meta.url))).map((name) =>
  name.replace(/\.ts$/, ""),
);
/** Port 0, so that a debugger that starts after all finds one that is free. */
const NODE = [process.execPath, "--inspect-port=0"];
const LISTENING = /Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)/;

function needStrace(context: TestContext): void {
  const obstacle = straceObstacle();
  if (obstacle !== undefined) context.skip(obstacle);
}

/** Whether somebody listens on that port. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test.for(COMMANDS)("%s: SIGUSR1 as its first module is opened starts no debugger", (command, context) => {
  needStrace(context);
  const program = `${BIN}${command}.js`;
  const first = /import\("\.\/([^"]+)"\)/.exec(readFileSync(program, "utf8"))?.[1];
  // A module that is imported statically is opened before the first statement, whatever that is.
  expect(first, `${program} imports nothing dynamically`).toBeDefined();
  const [strace = "", ...args] = injecting("openat", "signal=SIGUSR1", `${BIN}${first}`);
  const { status, signal, stderr } = spawnSync(strace, [...args, ...NODE, program, "--version"], { encoding: "utf8" });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
});

test("SIGUSR1 before the first statement: the debugger that Node then starts is closed", async (context) => {
  needStrace(context);
  const directory = temporaryDirectory();
  const program = `${BIN}aggregator.js`;
  const strace = injecting("openat", "signal=SIGUSR1", program);
  const args = [`unixsock=${join(directory, "s")}`, "-o", join(directory, "out")];
  const aggregator = new FaultProgram([...strace, ...NODE, program, ...args]);
  onTestFinished(() => aggregator[Symbol.asyncDispose]());
  await aggregator.event("listening");
  const port = Number(LISTENING.exec(aggregator.stderr)?.[1]);
  expect(port).toBeGreaterThan(0);
  while (await answers(port));
  aggregator.kill("SIGTERM");
  expect(await aggregator.ended).toEqual({ status: 0, signal: null });
});

test("a debugger that was asked for stays", async () => {
  const args = ["--inspect=0", `${BIN}producer.js`, "unixsock=/nowhere/s", "--wait", "1m"];
  const producer = new FaultProgram([process.execPath, ...args]);
  onTestFinished(() => producer[Symbol.asyncDispose]());
  await producer.until(() => producer.stderr.includes("waiting for an aggregator"), "it waits");
  expect(await answers(Number(LISTENING.exec(producer.stderr)?.[1]))).toBe(true);
});

test("one that waits with a command after -- ignores SIGUSR1 too, and passes it on once the command runs", async () => {
  const path = join(temporaryDirectory(), "s");
  const script = [
    "import signal, sys; awaited = {signal.SIGUSR1}; signal.pthread_sigmask(signal.SIG_BLOCK, awaited)",
    'print("up", flush=True); signal.sigwait(awaited); print("got it"); sys.exit(5)',
  ].join("\n");
  const producer = new ProducerProcess([`unixsock=${path}`, "--wait", "1m", "--", "python3", "-c", script]);
  await producer.diagnostic("waiting for an aggregator");
  producer.kill("SIGUSR1");
  const receiver = await StreamReceiver.listen({ path });
  await receiver.lines(1);
  producer.kill("SIGUSR1");
  expect((await producer.finished).status).toBe(5);
  const lines = receiver.text.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line)._raw)).toEqual(["up", "got it"]);
});

test("a waiting producer and a listening aggregator ignore SIGUSR1", async () => {
  const env = { ...process.env, NODE_OPTIONS: "--inspect-port=0" };
  const producer = new ProducerProcess(["unixsock=/nowhere/s", "--wait", "1m"], { env });
  await producer.diagnostic("waiting for an aggregator");
  producer.kill("SIGUSR1");
  producer.kill("SIGTERM");
  const finished = await producer.finished;
  expect(finished.stderr.split("\n")).toHaveLength(1);
  expect(finished.status).toBe(0);

  const aggregator = await AggregatorProcess.start(["unixsock=s"], { env: { NODE_OPTIONS: "--inspect-port=0" } });
  aggregator.kill("SIGUSR1");
  const { stdout, stderr } = await aggregator.stop();
  expect(stderr).not.toContain("Debugger");
  expect(stdout).not.toContain('"stats"');
});
