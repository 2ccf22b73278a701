import { chmodSync, chownSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { REGISTRY } from "../../src/transports/registry.ts";
import { AGGREGATOR, diagnostic } from "../support/aggregator-process.ts";
import { FaultProgram } from "../support/fault-program.ts";
import { GreedyReceiver } from "../support/greedy-receiver.ts";
import { asUser, needRoot, STRANGER } from "../support/other-user.ts";
import { PRODUCER } from "../support/producer-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A user of this test run alone, since the default directory has a fixed name in /tmp. */
const USER = 100_000 + process.pid;
const DIRECTORY = `/tmp/log-aggregator-${USER}`;
/** The directory while it is made. */
const MADE = `${DIRECTORY}.new`;
const NAMES = { unixsock: "unixsock.sock", unixgram: "unixgram.sock", fifo: "fifo" } as const;
const TRANSPORTS = ["unixsock", "unixgram", "fifo"] as const;
const SENDERS = [["unixsock"], ["unixsock", "--ack"], ["unixgram"], ["fifo"]] as const;

/** A command of that user's, without XDG_RUNTIME_DIR. */
function start(...args: readonly string[]): FaultProgram {
  const env = { PATH: process.env["PATH"] ?? "" };
  const program = new FaultProgram(asUser(USER, process.execPath, ...args), { env, cwd: "/" });
  onTestFinished(async () => {
    await program[Symbol.asyncDispose]();
    rmSync(DIRECTORY, { recursive: true, force: true });
  });
  return program;
}

/** A producer that waits for the default address. */
async function waitingProducer(...args: readonly string[]): Promise<FaultProgram> {
  const producer = start(PRODUCER, ...args, "--count", "50", "--interval", "1ms", "--wait", "1m");
  await producer.until(() => producer.stderr.includes("waiting for an aggregator"), "waiting");
  return producer;
}

/** The default directory, as its user or somebody else made it: there in one step, because a producer may be looking. */
function makeDirectory(owner: number, mode: number): void {
  mkdirSync(MADE);
  chmodSync(MADE, mode);
  chownSync(MADE, owner, owner);
  renameSync(MADE, DIRECTORY);
}

/** Expects that the producer gave up, and why. */
async function refused(producer: FaultProgram): Promise<string> {
  expect(await producer.ended).toEqual({ status: 1, signal: null });
  const { code, msg } = diagnostic(producer, "error");
  expect(code).toBe("PERMISSION_DENIED");
  return msg;
}

test.for(SENDERS)(
  "%j: a producer that waits sends nothing into another user's directory",
  async ([name, ...options], context) => {
    needRoot(context);
    const producer = await waitingProducer(name, ...options);
    makeDirectory(STRANGER, 0o755);
    const receiver = await GreedyReceiver.start(name, `${DIRECTORY}/${NAMES[name]}`, {
      command: (...words) => asUser(STRANGER, ...words),
    });
    expect(await refused(producer)).toContain(`${DIRECTORY} belongs to uid ${STRANGER}, not to you (uid ${USER})`);
    expect(await receiver.end()).toBe(0);
  },
);

test.for(SENDERS)("%j: nor to another user's listener in its own directory", async ([name, ...options], context) => {
  needRoot(context);
  const producer = await waitingProducer(name, ...options);
  mkdirSync(MADE, { mode: 0o700 });
  chownSync(MADE, USER, USER);
  const path = `${MADE}/${NAMES[name]}`;
  const receiver = await GreedyReceiver.start(name, path, { listenAs: STRANGER });
  // Of a connection the kernel tells who listens; of a channel that all share, only the path has an owner.
  if (REGISTRY[name].traits.channel === "shared") chownSync(path, STRANGER, STRANGER);
  renameSync(MADE, DIRECTORY);
  expect(await refused(producer)).toContain(
    `${DIRECTORY}/${NAMES[name]} is served by uid ${STRANGER}, neither you nor root, so nothing was sent`,
  );
  expect(await receiver.end()).toBe(0);
});

test.for(TRANSPORTS)("%s: but to root's listener there, and to its user's aggregator", async (name, context) => {
  needRoot(context);
  makeDirectory(USER, 0o700);
  const receiver = await GreedyReceiver.start(name, `${DIRECTORY}/${NAMES[name]}`);
  const toRoot = start(PRODUCER, name, "--count", "50", "--interval", "1ms");
  expect(await toRoot.ended).toEqual({ status: 0, signal: null });
  expect(await receiver.end()).toBeGreaterThan(5000);
  rmSync(DIRECTORY, { recursive: true });

  const producer = await waitingProducer(name);
  const output = join(temporaryDirectory(), "out");
  chmodSync(dirname(output), 0o777);
  const aggregator = start(AGGREGATOR, name, "-o", output);
  expect(await producer.ended).toEqual({ status: 0, signal: null });
  aggregator.kill("SIGTERM");
  expect((await aggregator.event("closed"))["stored"]).toBe(50);
});

test.for(TRANSPORTS)("%s: and to whomever at an address that its user named", async (name, context) => {
  needRoot(context);
  const directory = temporaryDirectory();
  chmodSync(directory, 0o777);
  const path = join(directory, "s");
  const receiver = await GreedyReceiver.start(name, path, { command: (...words) => asUser(STRANGER, ...words) });
  const producer = start(PRODUCER, `${name}=${path}`, "--count", "50", "--interval", "1ms");
  expect(await producer.ended).toEqual({ status: 0, signal: null });
  expect(await receiver.end()).toBeGreaterThan(5000);
});
