import { execFileSync } from "node:child_process";
import {
  closeSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { ErrorCode, OperationalError } from "../../src/core/errors.ts";
import { AF_UNIX, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM } from "../../src/os/constants.ts";
import { bind, connect, listen, socket } from "../../src/os/libc.ts";
import { unixAddress } from "../../src/os/socket-address.ts";
import { bindUnixPath, type OwnedPath } from "../../src/transports/shared/unix-path.ts";
import { expectOperational, rejectionOf } from "../support/failure.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const SOCK_SEQPACKET = 5;

let path = "";
beforeEach(() => {
  path = join(temporaryDirectory(), "x.sock");
});

function openSocket(type: number): number {
  const fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
  onTestFinished(() => closeSync(fd));
  return fd;
}

/** A listening stream socket at the path, bound as the listeners do it. */
function bindStream(at: string = path): Promise<OwnedPath> {
  const fd = openSocket(SOCK_STREAM);
  return bindUnixPath(fd, at, { bound: () => void listen(fd, 16) });
}

/** A socket at the path that someone else bound. */
function foreignSocket(type: number, backlog?: number): void {
  const fd = openSocket(type);
  const address = unixAddress(path);
  expect(bind(fd, address, address.length)).toBe(0);
  if (backlog !== undefined) listen(fd, backlog);
}

/** A socket file that no one has open any more, as a killed program leaves it. */
function leaveStaleSocket(type: number): void {
  const fd = socket(AF_UNIX, type, 0);
  const address = unixAddress(path);
  bind(fd, address, address.length);
  closeSync(fd);
}

/** Expects the path to be refused, with no descriptor left open, and unchanged. */
async function refuse(code: ErrorCode, at: string = path): Promise<OperationalError> {
  const fd = openSocket(SOCK_STREAM);
  const descriptors = readdirSync("/proc/self/fd").length;
  const before = lstatSync(at, { bigint: true, throwIfNoEntry: false });
  const error = expectOperational(await rejectionOf(bindUnixPath(fd, at, { bound: () => void listen(fd, 16) })), code);
  const after = lstatSync(at, { bigint: true, throwIfNoEntry: false });
  expect([after?.ino, after?.mode, after?.mtimeNs]).toEqual([before?.ino, before?.mode, before?.mtimeNs]);
  expect(readdirSync("/proc/self/fd").length).toBe(descriptors);
  expect(error.message).toMatch(/; .*(pass|make|stop|remove|move)/);
  return error;
}

describe("a free path", () => {
  test.each([0, 0o022, 0o777])(
    "gets a socket that only its owner may use, under umask %d, which stays",
    async (mask) => {
      const umask = process.umask(mask);
      await bindStream().finally(() => expect(process.umask(umask)).toBe(mask));
      expect(lstatSync(path).isSocket()).toBe(true);
      expect(lstatSync(path).mode & 0o777).toBe(0o600);
    },
  );

  test("is free again after remove(), which may be called twice", async () => {
    const owned = await bindStream();
    owned.remove();
    owned.remove();
    expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
    await bindStream();
    owned.remove();
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  test("is removed again when what follows the bind fails", async () => {
    const fail = (): never => {
      throw new Error("listen failed");
    };
    expect(await rejectionOf(bindUnixPath(openSocket(SOCK_STREAM), path, { bound: fail }))).toMatchObject({
      message: "listen failed",
    });
    expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
    await bindStream();
  });

  test("goes to exactly one of many who start at once", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => bindStream()));
    const losers = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(losers).toHaveLength(7);
    for (const error of losers) expectOperational(error, "ADDRESS_IN_USE");
  });
});

describe("remove() leaves alone what is not ours any more:", () => {
  test("another file in our place", async () => {
    const owned = await bindStream();
    renameSync(path, `${path}.moved`);
    writeFileSync(path, "theirs");
    owned.remove();
    expect(readFileSync(path, "utf8")).toBe("theirs");
  });

  test("another's socket in our place", async () => {
    const owned = await bindStream();
    renameSync(path, `${path}.moved`);
    foreignSocket(SOCK_STREAM, 1);
    owned.remove();
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  test("nothing at all", async () => {
    const owned = await bindStream();
    renameSync(path, `${path}.moved`);
    owned.remove();
    expect(lstatSync(`${path}.moved`).isSocket()).toBe(true);
  });
});

describe("a stale socket is replaced:", () => {
  test.each([
    ["stream", SOCK_STREAM],
    ["datagram", SOCK_DGRAM],
    ["seqpacket", SOCK_SEQPACKET],
  ])("%s", async (_, type) => {
    leaveStaleSocket(type);
    await bindStream();
    const client = openSocket(SOCK_STREAM);
    const address = unixAddress(path);
    expect(connect(client, address, address.length)).toBe(0);
  });
});

describe("a live socket is refused, naming its pid:", () => {
  const inUse = async (): Promise<void> => {
    const { message } = await refuse("ADDRESS_IN_USE");
    expect(message).toBe(`${path} is served by pid ${process.pid}; stop it or pass another address`);
  };

  test("stream", async () => {
    foreignSocket(SOCK_STREAM, 16);
    await inUse();
  });

  test("stream with a full backlog", async () => {
    foreignSocket(SOCK_STREAM, 0);
    const address = unixAddress(path);
    while (connect(openSocket(SOCK_STREAM), address, address.length) === 0);
    await inUse();
  });

  test("datagram", async () => {
    foreignSocket(SOCK_DGRAM);
    await inUse();
  });

  test("seqpacket", async () => {
    foreignSocket(SOCK_SEQPACKET, 16);
    await inUse();
  });
});

describe("what is not a socket is refused and left alone:", () => {
  test("a regular file", async () => {
    writeFileSync(path, "mine");
    const { message } = await refuse("NOT_A_SOCKET");
    expect(message).toBe(`${path} exists and is not a socket; move it or pass another address`);
    expect(readFileSync(path, "utf8")).toBe("mine");
  });

  test("a directory", async () => {
    mkdirSync(path);
    await refuse("NOT_A_SOCKET");
  });

  test("a FIFO", async () => {
    execFileSync("mkfifo", [path]);
    await refuse("NOT_A_SOCKET");
  });

  test("a symbolic link, to nothing and to a live socket", async () => {
    symlinkSync(`${path}.target`, path);
    await refuse("NOT_A_SOCKET");
    await bindStream(`${path}.target`);
    await refuse("NOT_A_SOCKET");
  });
});

describe("a path that can't be is refused before the kernel cuts or blurs it:", () => {
  const pathOf = (bytes: number, letter = "p"): string => {
    const directory = temporaryDirectory();
    const letters = Math.floor((bytes - directory.length - 1) / Buffer.byteLength(letter));
    return join(directory, letter.repeat(letters).padEnd(bytes - directory.length - 1 - letters, "p"));
  };

  test("107 bytes are bound, 108 refused", async () => {
    const longest = pathOf(107);
    expect(Buffer.byteLength(longest)).toBe(107);
    await bindStream(longest);
    expect(lstatSync(longest).isSocket()).toBe(true);
    expect((await refuse("PATH_TOO_LONG", `${longest}p`)).message).toContain("has 108 bytes");
  });

  test("bytes count, not characters", async () => {
    const path = `${pathOf(100, "é")}éééé`;
    expect(path.length).toBeLessThan(107);
    expect(Buffer.byteLength(path)).toBe(108);
    await refuse("PATH_TOO_LONG", path);
  });

  test("a missing directory", async () => {
    const { message } = await refuse("DIRECTORY_MISSING", join(path, "x.sock"));
    expect(message).toBe(`${path} is not a directory; make it or pass another address`);
  });

  test("a file where the directory should be", async () => {
    writeFileSync(path, "");
    const fd = openSocket(SOCK_STREAM);
    expectOperational(await rejectionOf(bindUnixPath(fd, join(path, "x.sock"))), "DIRECTORY_MISSING");
  });
});
