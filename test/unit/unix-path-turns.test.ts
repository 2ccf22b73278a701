import { closeSync, lstatSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { AF_UNIX, SOCK_NONBLOCK, SOCK_STREAM } from "../../src/os/constants.ts";
import { tryLock } from "../../src/os/file-lock.ts";
import { listen, socket } from "../../src/os/libc.ts";
import { bindUnixPath, type OwnedPath } from "../../src/transports/shared/unix-path.ts";
import { expectOperational, rejectionOf } from "../support/failure.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let path = "";
beforeEach(() => {
  path = join(temporaryDirectory(), "x.sock");
});

/** Binds a stream socket, and calls back when it is bound and does not listen yet. */
function bindStream(bound: () => void = () => {}): Promise<OwnedPath> {
  const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  onTestFinished(() => closeSync(fd));
  return bindUnixPath(fd, path, () => {
    bound();
    listen(fd, 16);
  });
}

/** Whether the directory's turn is free just now. */
function turnIsFree(): boolean {
  const directory = openSync(dirname(path), "r");
  try {
    return tryLock(directory);
  } finally {
    closeSync(directory);
  }
}

test("a turn lasts until the socket listens: the next starter must not find it bound and deaf", async () => {
  let free: boolean | undefined;
  await bindStream(() => {
    free = turnIsFree();
  });
  expect(free).toBe(false);
});

test("a turn ends with the start, well or ill", async () => {
  await bindStream();
  expect(turnIsFree()).toBe(true);
  await rejectionOf(bindStream());
  expect(turnIsFree()).toBe(true);
});

test("a directory that another program keeps locked is given up after a while", async () => {
  const directory = openSync(dirname(path), "r");
  expect(tryLock(directory)).toBe(true);
  const error = expectOperational(await rejectionOf(bindStream()), "ADDRESS_UNAVAILABLE");
  expect(error.message).toContain(`${dirname(path)} has been locked by another program`);
  expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
  closeSync(directory);
  await bindStream();
});
