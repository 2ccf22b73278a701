import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { AggregatorProcess, diagnostic } from "../support/aggregator-process.ts";
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

test("a FIFO that was left with more permissions gets those of this start", async () => {
  const path = publicPath();
  const first = await AggregatorProcess.start([`fifo=${path}`, "--socket-mode", "0622"]);
  expect(statSync(path).mode & 0o777).toBe(0o622);
  first.kill("SIGKILL");
  await first.ended;
  const second = await AggregatorProcess.start([`fifo=${path}`]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await second.stop();
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
