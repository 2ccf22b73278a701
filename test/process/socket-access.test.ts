import { closeSync, constants, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { AggregatorProcess, diagnostic } from "../support/aggregator-process.ts";
import { FifoWriter } from "../support/fifo-service.ts";
import { NOBODY, needRoot, STRANGER } from "../support/other-user.ts";
import { publicPath, sendAs } from "../support/other-user-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const TRANSPORTS = ["unixsock", "unixgram", "fifo"] as const;

test.for(TRANSPORTS)("%s: members of the group send, and nobody else", async (name, context) => {
  needRoot(context);
  const path = publicPath();
  const aggregator = await AggregatorProcess.start([`${name}=${path}`, "--socket-group", String(STRANGER)]);
  const { mode, uid, gid } = statSync(path);
  // Whoever may read a FIFO takes lines out of it.
  expect([mode & 0o777, uid, gid]).toEqual([name === "fifo" ? 0o620 : 0o660, 0, STRANGER]);

  expect(await sendAs(STRANGER, `${name}=${path}`).ended).toEqual({ status: 0, signal: null });
  const stranger = sendAs(NOBODY, `${name}=${path}`);
  expect(await stranger.ended).toEqual({ status: 1, signal: null });
  expect(diagnostic(stranger, "error").code).toBe("PERMISSION_DENIED");
  expect((await aggregator.stop()).ledger.stored).toBe(50);
  expect(existsSync(path)).toBe(false);
});

/** Leaves a FIFO behind that an aggregator had made with these options, and a writer that has it open. */
async function leaveFifo(...options: readonly string[]): Promise<{ path: string; ino: number; writer: FifoWriter }> {
  const path = publicPath();
  const aggregator = await AggregatorProcess.start([`fifo=${path}`, ...options]);
  const writer = new FifoWriter(path);
  aggregator.kill("SIGKILL");
  await aggregator.ended;
  return { path, ino: statSync(path).ino, writer };
}

test("a FIFO that was left with more permissions is made anew: who has the old one open is refused", async () => {
  const { path, ino, writer } = await leaveFifo("--socket-mode", "0622");
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // so that the pipe can be written to
  writer.write('{"before":1}\n');
  closeSync(reader);
  const aggregator = await AggregatorProcess.start([`fifo=${path}`]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(path).ino).not.toBe(ino);
  await aggregator.grown(1);
  expect(() => writer.write('{"after":1}\n')).toThrow("EPIPE");
  expect((await aggregator.stop()).ledger).toMatchObject({ received: 1, stored: 1, cutBytes: 0 });
  expect(existsSync(path)).toBe(false);
});

test.for([
  ["the same", [], []],
  ["fewer permissions", ["--socket-mode", "0600"], ["--socket-mode", "0622"]],
] as const)("a FIFO that was left with %s stays, and so do its writers", async ([_, before, now]) => {
  const { path, ino, writer } = await leaveFifo(...before);
  const aggregator = await AggregatorProcess.start([`fifo=${path}`, ...now]);
  expect(statSync(path).ino).toBe(ino);
  writer.write("{}\n");
  writer.close();
  expect((await aggregator.stop()).ledger.stored).toBe(1);
});

test.for([
  ["owner", ["--socket-owner", String(STRANGER)]],
  ["group", ["--socket-group", String(STRANGER)]],
] as const)("a FIFO that was left with another %s is made anew", async ([_, options], context) => {
  needRoot(context);
  const { path, ino, writer } = await leaveFifo(...options);
  const aggregator = await AggregatorProcess.start([`fifo=${path}`, "--socket-mode", "0620"]);
  const { mode, uid, gid } = statSync(path);
  expect([mode & 0o777, uid, gid]).toEqual([0o620, process.geteuid?.(), process.getegid?.()]);
  expect(statSync(path).ino).not.toBe(ino);
  expect(() => writer.write("{}\n")).toThrow("EPIPE");
  await aggregator.stop();
});

test("root's default address can be reached by members of the group", async (context) => {
  needRoot(context);
  const runtime = dirname(publicPath());
  mkdirSync(join(runtime, "log-aggregator"), { mode: 0o700 });
  const aggregator = await AggregatorProcess.start(["unixsock", "--socket-group", String(STRANGER)], {
    env: { XDG_RUNTIME_DIR: runtime },
  });
  const path = join(runtime, "log-aggregator/unixsock.sock");
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o711);
  expect(await sendAs(STRANGER, `unixsock=${path}`).ended).toEqual({ status: 0, signal: null });
  const { stderr, ledger } = await aggregator.stop();
  expect(ledger.stored).toBe(50);
  expect(stderr).not.toContain("can't be reached");
});

test("a directory that the group may not search is named", async () => {
  const directory = temporaryDirectory();
  const gid = process.getegid?.() ?? 0;
  const aggregator = await AggregatorProcess.start([`unixsock=${directory}/s`, "--socket-group", String(gid)]);
  const { stderr } = await aggregator.stop();
  expect(diagnostic({ stderr }, "warn").msg).toContain(
    `can't be reached by group ${gid}, who may not search ${directory}; run chmod o+x ${directory}`,
  );
});
