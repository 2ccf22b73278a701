import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, lstatSync, openSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { AF_UNIX, SOCK_NONBLOCK, SOCK_STREAM } from "../../src/os/constants.ts";
import { tryLock } from "../../src/os/file-lock.ts";
import { bind, listen, socket } from "../../src/os/libc.ts";
import { unixAddress } from "../../src/os/socket-address.ts";
import { bindUnixPath, type OwnedPath } from "../../src/transports/shared/unix-path.ts";
import { expectOperational, rejectionOf } from "../support/failure.ts";
import { asUser, NOBODY, needRoot } from "../support/other-user.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let path = "";
beforeEach(() => {
  path = join(temporaryDirectory(), "x.sock");
});

function openSocket(): number {
  const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  onTestFinished(() => closeSync(fd));
  return fd;
}

/** Binds a stream socket, and calls back when it is bound and does not listen yet. */
function bindStream(bound: () => void = () => {}): Promise<OwnedPath> {
  const fd = openSocket();
  return bindUnixPath(fd, path, {
    bound: () => {
      bound();
      listen(fd, 16);
    },
  });
}

/** Somebody's socket at the path, which doesn't listen. */
function bindForeign(): number {
  const fd = openSocket();
  const address = unixAddress(path);
  expect(bind(fd, address, address.length)).toBe(0);
  return fd;
}

/** A socket file that no one has open any more, as a killed program leaves it. */
function leaveStaleSocket(): void {
  const fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const address = unixAddress(path);
  bind(fd, address, address.length);
  closeSync(fd);
}

/** Another user's program that keeps the directory locked. */
async function lockedByNobody(): Promise<ChildProcess> {
  const script = 'exec 9<"$0" && flock -n 9 && echo held && exec cat';
  const [program, ...args] = asUser(NOBODY, "sh", "-c", script, dirname(path));
  const holder = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void holder.kill("SIGKILL"));
  await once(holder.stdout, "data");
  return holder;
}

/** Whether nobody has locked the directory at this moment. */
function isDirectoryFree(): boolean {
  const directory = openSync(dirname(path), "r");
  try {
    return tryLock(directory);
  } finally {
    closeSync(directory);
  }
}

test("at a free path nobody waits for the directory's lock", async () => {
  const directory = openSync(dirname(path), "r");
  onTestFinished(() => closeSync(directory));
  expect(tryLock(directory)).toBe(true);
  expect((await bindStream()).advice).toEqual([]);
});

test("at a stale socket the directory stays locked until the new socket listens", async () => {
  leaveStaleSocket();
  let free: boolean | undefined;
  await bindStream(() => {
    free = isDirectoryFree();
  });
  expect(free).toBe(false);
  expect(isDirectoryFree()).toBe(true);
});

test("a start that fails unlocks the directory", async () => {
  await bindStream();
  expectOperational(await rejectionOf(bindStream()), "ADDRESS_IN_USE");
  expect(isDirectoryFree()).toBe(true);
});

test("a stale socket is replaced although another user keeps the directory locked, who is named", async (context) => {
  needRoot(context);
  leaveStaleSocket();
  const stale = lstatSync(path, { bigint: true });
  chmodSync(dirname(path), 0o755);
  const holder = await lockedByNobody();
  const { advice } = await bindStream();
  expect(advice).toEqual([expect.stringContaining(`by pid ${holder.pid} (uid ${NOBODY}); stop it`)]);
  expect(lstatSync(path, { bigint: true }).ctimeNs).toBeGreaterThan(stale.ctimeNs);
});

test("a socket that was bound a moment ago and doesn't listen yet is not stale", async () => {
  const fd = bindForeign();
  const { ino } = lstatSync(path);
  const refused = rejectionOf(bindStream());
  setImmediate(() => listen(fd, 16));
  expectOperational(await refused, "ADDRESS_IN_USE");
  expect(lstatSync(path).ino).toBe(ino);
});

test("one that never listens is", async () => {
  bindForeign();
  const { ino } = lstatSync(path);
  await bindStream();
  expect(lstatSync(path).ino).not.toBe(ino);
});

test("a starter whose socket was taken away before it listened says so", async () => {
  const refused = rejectionOf(
    bindStream(() => {
      unlinkSync(path);
      bindForeign();
    }),
  );
  expectOperational(await refused, "ADDRESS_IN_USE");
});
