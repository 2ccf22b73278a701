import { chmodSync, closeSync, existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as nextIteration } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from "../../src/os/constants.ts";
import { listen, socket } from "../../src/os/libc.ts";
import { bindUnixPath } from "../../src/transports/shared/unix-path.ts";
import { AGGREGATOR, AggregatorProcess, diagnostic } from "../support/aggregator-process.ts";
import { FaultProgram, type Line } from "../support/fault-program.ts";
import { asUser, NOBODY, needRoot, STRANGER } from "../support/other-user.ts";
import { publicPath, sendAs, startAs } from "../support/other-user-program.ts";

const TRANSPORTS = ["unixsock", "unixgram", "fifo"] as const;
const STARTS = 1000;
const LOOP = new URL("../support/python/connect_loop.py", import.meta.url).pathname;

function loopAs(uid: number, path: string): FaultProgram {
  const program = new FaultProgram(asUser(uid, "/usr/bin/python3", LOOP, path));
  onTestFinished(() => program[Symbol.asyncDispose]());
  return program;
}

async function resultsOf(program: FaultProgram): Promise<Line> {
  program.stdin?.end();
  return program.event("results");
}

test("1,000 starts: a stranger never connects, and a member of the group does", async (context) => {
  needRoot(context);
  // The umask must not be what keeps the stranger out.
  const umask = process.umask(0);
  onTestFinished(() => void process.umask(umask));
  const path = publicPath();
  const [stranger, member] = [loopAs(NOBODY, path), loopAs(STRANGER, path)];
  await Promise.all([stranger.event("looping"), member.event("looping")]);
  for (let i = 0; i < STARTS; i++) {
    const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const bound = (): void => void listen(fd, 1);
    const owned = await bindUnixPath(fd, path, { access: { mode: 0o660, gid: STRANGER }, bound });
    const { mode, gid } = statSync(path);
    expect([mode & 0o777, gid]).toEqual([0o660, STRANGER]);
    await nextIteration();
    owned.remove();
    closeSync(fd);
  }
  const refused = await resultsOf(stranger);
  expect(refused).not.toHaveProperty("connected");
  expect(refused["EACCES"]).toBeGreaterThan(0);
  expect((await resultsOf(member))["connected"]).toBeGreaterThan(0);
});

test.for(TRANSPORTS)("%s: another owner sends, and the path is removed at the end", async (name, context) => {
  needRoot(context);
  const path = publicPath();
  const args = [`${name}=${path}`, "--socket-owner", String(STRANGER), "--socket-mode", "0600"];
  const first = await AggregatorProcess.start(args);
  first.kill("SIGKILL"); // leaves the path behind
  await first.ended;
  const aggregator = await AggregatorProcess.start(args);
  expect(statSync(path).uid).toBe(STRANGER);
  expect(await sendAs(STRANGER, `${name}=${path}`).ended).toEqual({ status: 0, signal: null });
  expect((await aggregator.stop()).ledger.stored).toBe(50);
  expect(existsSync(path)).toBe(false);
});

test.for(TRANSPORTS)("%s: a group that its user is no member of is refused", async (name, context) => {
  needRoot(context);
  const path = publicPath();
  chmodSync(dirname(path), 0o777);
  const output = join(dirname(path), "out");
  const aggregator = startAs(NOBODY, AGGREGATOR, `${name}=${path}`, "-o", output, "--socket-group", String(STRANGER));
  expect(await aggregator.ended).toEqual({ status: 1, signal: null });
  const { code, msg } = diagnostic(aggregator, "error");
  expect(code).toBe("PERMISSION_DENIED");
  expect(msg).toContain(`${path} can't be given to uid ${NOBODY} and gid ${STRANGER} with mode 06`);
});
