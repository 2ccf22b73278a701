import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { producedLines } from "../support/produced-lines.ts";
import { StreamReceiver } from "../support/stream-receiver.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const SCRIPTS = fileURLToPath(new URL("../../scripts/", import.meta.url));

interface Launch {
  readonly child: ChildProcess;
  readonly ended: Promise<{ status: number; stdout: string; stderr: string }>;
}

/** From another directory, in a process group of its own, so that a signal reaches the script alone. */
function launch(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  script = join(SCRIPTS, "launch-producers.sh"),
): Launch {
  const child = spawn(script, args, { cwd: "/", env: { ...process.env, ...env }, stdio: "pipe", detached: true });
  onTestFinished(() => void child.kill("SIGTERM"));
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  return { child, ended: once(child, "close").then(([status]) => ({ status, stdout, stderr })) };
}

async function receive(): Promise<{ receiver: StreamReceiver; address: string }> {
  const path = join(temporaryDirectory(), "log.sock");
  return { receiver: await StreamReceiver.listen({ path }), address: `unixsock=${path}` };
}

test("starts the producers, waits for them, passes options on", async () => {
  const { receiver, address } = await receive();
  const { status, stdout, stderr } = await launch([address, "3", "10", "--", "-n", "4", "-i", "1"]).ended;
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.match(/"event":"done".*"sent":4,/g)).toHaveLength(3);
  const lines = producedLines(receiver.text);
  expect(lines).toHaveLength(12);
  expect(new Set(lines.map((line) => line.producer)).size).toBe(3);
  expect(lines[0]?.message).toBe("ABCDEFGHIJ");
});

test("N, IPC_TYPE and MSG_SIZE stand in for arguments", async () => {
  const { receiver, address } = await receive();
  const env = { N: "2", IPC_TYPE: address, MSG_SIZE: "5" };
  expect(await launch(["--", "-n", "1"], env).ended).toMatchObject({ status: 0 });
  expect(producedLines(receiver.text).map((line) => line.message)).toEqual(["ABCDE", "ABCDE"]);
});

test("fails when one producer failed", async () => {
  const nowhere = join(temporaryDirectory(), "log.sock");
  const { status, stderr } = await launch([`unixsock=${nowhere}`, "2", "--", "--wait", "0"]).ended;
  expect(status).toBe(1);
  expect(stderr).toContain("2 of 2 producers did not end with 0 (first: 1)");
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends all producers, each with its summary", async (signal, expected) => {
  const { receiver, address } = await receive();
  const { child, ended } = launch([address, "3", "10", "--", "-n", "100000", "-i", "10ms"]);
  // Each has sent something: none is still starting, when a signal would find no handler.
  for (let lines = 3; new Set(producedLines(receiver.text).map((line) => line.producer)).size < 3; lines++) {
    await receiver.lines(lines);
  }
  const producers = childrenOf(child.pid ?? 0);
  expect(producers.map((pid) => readFileSync(`/proc/${pid}/comm`, "utf8"))).toEqual(Array(3).fill("producer\n"));
  child.kill(signal);
  const { status, stdout } = await ended;
  expect(status).toBe(expected);
  const sent = [...stdout.matchAll(/"sent":(\d+),/g)].map((match) => Number(match[1]));
  expect(sent).toHaveLength(3);
  expect(childrenOf(child.pid ?? 0)).toEqual([]);
  await receiver.lines(sent.reduce((a, b) => a + b, 0));
});

test.each([
  [["5", "unixsock"], "not a transport"],
  [["tpc"], "did you mean tcp?"],
  [["unixsock", "0"], "not a number of producers"],
  [["unixsock", "many"], "not a number of producers"],
  [["unixsock", "1", "big"], "not a message size"],
  [["unixsock", "1", "10", "--rate"], "put options of the producers after --"],
])("%j: wrong usage", async (args, message) => {
  const { status, stderr, stdout } = await launch(args).ended;
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test("without a build it says what to run", async () => {
  const root = temporaryDirectory();
  mkdirSync(join(root, "scripts"));
  cpSync(join(SCRIPTS, "launch-producers.sh"), join(root, "scripts", "launch-producers.sh"));
  const { status, stderr } = await launch([], {}, join(root, "scripts", "launch-producers.sh")).ended;
  expect(status).toBe(1);
  expect(stderr).toContain(`run "npm ci" (or "npm run build") in ${root} first`);
});

function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1]);
  } catch {
    return 0;
  }
}
