import { closeSync, constants, lstatSync, openSync, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { errnoOf, OperationalError } from "../../core/errors.ts";
import { ADDRESS_LOCK_MS_MAX, UNIX_PATH_BYTES_MAX } from "../../core/limits.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from "../../os/constants.ts";
import { tryLock } from "../../os/file-lock.ts";
import { bind, connect, errnoError, errnoName, socket } from "../../os/libc.ts";
import { unixAddress } from "../../os/socket-address.ts";
import { peerPid } from "../../os/socket-options.ts";
import { pidOfUnixPath } from "../../os/socket-owner.ts";

/** A path this process made. */
export interface OwnedPath {
  /** Removes the path if it is still the very file that was made here; another's is left alone. */
  remove(): void;
}

/**
 * Binds a socket to a path, readable and writable by its owner only (umask 0177). Starters of this toolkit take turns by
 * a lock on the directory, so of two at once exactly one wins, and bind(2) itself never replaces a file, so no other
 * program's socket can be overrun. A stale socket (no one answers) is removed first.
 *
 * @param bound called while the turn is still held; a stream socket must listen(2) here, or the next starter finds it stale
 * @throws OperationalError PATH_TOO_LONG, DIRECTORY_MISSING, PERMISSION_DENIED, NOT_A_SOCKET or ADDRESS_IN_USE
 */
export async function bindUnixPath(fd: number, path: string, bound?: () => void): Promise<OwnedPath> {
  checkPath(path);
  const turn = await takeTurn(dirname(path));
  try {
    removeStale(path);
    const address = unixAddress(path);
    const umask = process.umask(0o177);
    const result = bind(fd, address, address.length);
    process.umask(umask);
    if (result < 0) throw bindError(path);
    const owned = own(path);
    try {
      bound?.();
    } catch (error) {
      owned.remove();
      throw error;
    }
    return owned;
  } finally {
    closeSync(turn);
  }
}

/** Both would otherwise end badly: the kernel cuts long paths silently, and a missing directory is an unclear ENOENT. */
function checkPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > UNIX_PATH_BYTES_MAX) {
    throw new OperationalError(
      "PATH_TOO_LONG",
      `${path} has ${bytes} bytes and a unix socket's path holds ${UNIX_PATH_BYTES_MAX}; pass a shorter one`,
    );
  }
  const directory = dirname(path);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new OperationalError("DIRECTORY_MISSING", `${directory} is not a directory; make it or pass another address`);
  }
}

/** An open, locked descriptor of the directory; closing it ends the turn. */
async function takeTurn(directory: string): Promise<number> {
  const fd = openDirectory(directory);
  const deadline = performance.now() + ADDRESS_LOCK_MS_MAX;
  while (!tryLock(fd)) {
    if (performance.now() > deadline) {
      closeSync(fd);
      throw new OperationalError(
        "ADDRESS_UNAVAILABLE",
        `${directory} has been locked by another program for ${ADDRESS_LOCK_MS_MAX} ms; pass an address elsewhere`,
      );
    }
    await delay(5);
  }
  return fd;
}

function openDirectory(directory: string): number {
  try {
    return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw new OperationalError("PERMISSION_DENIED", `${directory} can't be opened; make it readable or pass another`, {
      cause: error,
    });
  }
}

function removeStale(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new OperationalError("NOT_A_SOCKET", `${path} exists and is not a socket; move it or pass another address`);
  }
  const holder = probe(path);
  if (holder === "nobody") unlinkSync(path);
  else if (holder !== "gone") {
    const by = holder === "unknown" ? "another program" : `pid ${holder}`;
    throw new OperationalError("ADDRESS_IN_USE", `${path} is served by ${by}; stop it or pass another address`);
  }
}

/** Whether a socket file is alive: connect(2) answers ECONNREFUSED only when nobody has it bound (or listens). */
function probe(path: string): number | "unknown" | "nobody" | "gone" {
  const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw errnoError("socket");
  try {
    const address = unixAddress(path);
    if (connect(fd, address, address.length) === 0) return peerPid(fd) || "unknown";
    const code = errnoName();
    if (code === "ECONNREFUSED") return "nobody";
    if (code === "ENOENT") return "gone";
    if (code === "EACCES" || code === "EPERM") {
      throw new OperationalError(
        "PERMISSION_DENIED",
        `${path} belongs to another user; remove it or pass another address`,
        { cause: errnoError("connect", path) },
      );
    }
    return pidOfUnixPath(path) ?? "unknown"; // EAGAIN: full backlog; EPROTOTYPE: a datagram socket, alive
  } finally {
    closeSync(fd);
  }
}

function bindError(path: string): Error {
  const cause = errnoError("bind", path);
  switch (cause.code) {
    case "EADDRINUSE":
      return new OperationalError("ADDRESS_IN_USE", `${path} was taken just now; try again or pass another address`, {
        cause,
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new OperationalError("PERMISSION_DENIED", `${path} can't be made (${cause.code}); pass another address`, {
        cause,
      });
    default:
      return cause;
  }
}

/** A bound socket keeps its inode alive, so equal device and inode numbers can't mean a later file. */
function own(path: string): OwnedPath {
  const made = lstatSync(path, { bigint: true });
  let removed = false;
  return {
    remove() {
      if (removed) return;
      removed = true;
      const now = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      if (now?.dev !== made.dev || now.ino !== made.ino) return;
      try {
        unlinkSync(path);
      } catch (error) {
        if (errnoOf(error) !== "ENOENT") throw error;
      }
    },
  };
}
