import { type BigIntStats, fchmodSync, lstatSync, type Stats, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { errnoOf, OperationalError } from "../../core/errors.ts";
import { UNIX_PATH_BYTES_MAX } from "../../core/kernel-facts.ts";
import { SOCKET_BIND_MS_MAX } from "../../core/limits.ts";
import { OWNER_ONLY, type PathAccess } from "../../core/path-access.ts";
import { ADDRESS_RETRY_MS } from "../../core/tuning.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from "../../os/constants.ts";
import { bind, connect, errnoError, errnoName, socket } from "../../os/libc.ts";
import { grantAccess } from "../../os/path-access.ts";
import { unixAddress } from "../../os/socket-address.ts";
import { peerCredentials } from "../../os/socket-options.ts";
import { pidOfUnixPath } from "../../os/socket-owner.ts";
import { lockDirectory } from "./directory-lock.ts";

/** A path that this process created. */
export interface OwnedPath {
  /** Problems on the way that a user may want to fix, each as subject, fact, remedy. */
  readonly advice: readonly string[];
  /** Removes the path if it is still the very file that was created here; another file is left alone. */
  remove(): void;
}

/** What bindUnixPath() does beside bind(2). */
export interface BindOptions {
  /** Called when senders may connect; a stream socket must listen(2) here, or the next starter considers it stale. */
  readonly bound?: () => void;
  /** Who may connect; left out, only the owner. */
  readonly access?: PathAccess | undefined;
}

/**
 * Binds a socket to a path that only those of `access` may use, from the first moment. bind(2) never replaces a file, so if two starters
 * bind to a free path, exactly one succeeds. A stale socket, on which nobody listens, is removed first; starters of
 * this project do that one at a time.
 *
 * @throws OperationalError PATH_TOO_LONG, DIRECTORY_MISSING, PERMISSION_DENIED, NOT_A_SOCKET or ADDRESS_IN_USE
 */
export async function bindUnixPath(fd: number, path: string, options: BindOptions = {}): Promise<OwnedPath> {
  checkPath(path);
  const binding = { fd, path, bound: options.bound ?? (() => {}), access: options.access ?? OWNER_ONLY };
  const owned = bindFree(binding, []);
  if (owned !== undefined) return owned;
  await using lock = await lockDirectory(dirname(path));
  await removeStale(path);
  const replacement = bindFree(binding, lock.advice);
  if (replacement === undefined) throw takenJustNow(path);
  return replacement;
}

/** The arguments of bindUnixPath(). */
interface Binding {
  readonly fd: number;
  readonly path: string;
  readonly bound: () => void;
  readonly access: PathAccess;
}

/**
 * @returns undefined when something is at the path. @throws OperationalError PERMISSION_DENIED, or what `bound` throws
 */
function bindFree({ fd, path, bound, access }: Binding, advice: readonly string[]): OwnedPath | undefined {
  const address = unixAddress(path);
  // bind(2) creates the file with the socket's own mode, from which the umask only removes permissions (unix_bind_bsd,
  // net/unix/af_unix.c). So nobody else may connect at any moment, and no state is changed that other threads share.
  fchmodSync(fd, 0o600);
  if (bind(fd, address, address.length) < 0) {
    const cause = errnoError("bind", path);
    if (cause.code === "EADDRINUSE") return undefined;
    throw bindError(path, cause);
  }
  const made = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (made === undefined || !isNewSocket(made)) throw takenJustNow(path);
  const owned = new BoundPath(path, made, advice);
  try {
    grantAccess(path, access, (found) => isSame(found, made) && isNewSocket(found));
    bound();
  } catch (error) {
    owned.remove();
    throw error;
  }
  // A starter that tried to connect before listen(2) may have removed it as stale.
  if (!owned.hasName()) throw takenJustNow(path);
  return owned;
}

/** Whether it can be the file that bind(2) has just made. Any other has another's name, owner or permissions. */
function isNewSocket(made: BigIntStats): boolean {
  const isOwn = Number(made.uid) === process.geteuid?.();
  return made.isSocket() && isOwn && made.nlink === 1n && (Number(made.mode) & 0o077) === 0;
}

/** Otherwise the kernel would silently truncate a long path, and a missing directory would be an unclear ENOENT. */
function checkPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > UNIX_PATH_BYTES_MAX) {
    throw new OperationalError(
      "PATH_TOO_LONG",
      `${path} has ${bytes} bytes and a unix socket's path has at most ${UNIX_PATH_BYTES_MAX}; pass a shorter one`,
    );
  }
  const directory = dirname(path);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new OperationalError("DIRECTORY_MISSING", `${directory} is not a directory; make it or pass another address`);
  }
}

/** @throws OperationalError NOT_A_SOCKET, ADDRESS_IN_USE or PERMISSION_DENIED when the file at the path must stay */
async function removeStale(path: string): Promise<void> {
  for (;;) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (!found.isSocket()) {
      throw new OperationalError("NOT_A_SOCKET", `${path} exists and is not a socket; move it or pass another address`);
    }
    const holder = probe(path);
    if (holder === "gone") return;
    if (holder !== "nobody") {
      const by = holder === "unknown" ? "another program" : `pid ${holder}`;
      throw new OperationalError("ADDRESS_IN_USE", `${path} is served by ${by}; stop it or pass another address`);
    }
    if (!isBeingBound(found)) break;
    await delay(ADDRESS_RETRY_MS);
  }
  unlink(path);
}

/** Between bind(2) and listen(2), a socket refuses connections as a stale one does. */
function isBeingBound(found: Stats): boolean {
  const ageMs = Date.now() - found.ctimeMs;
  return ageMs >= 0 && ageMs < SOCKET_BIND_MS_MAX;
}

function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch (cause) {
    if (["ENOENT", "EISDIR"].includes(errnoOf(cause) ?? "")) return; // gone, or a directory's name by now
    const message = `${path} is left over and can't be removed (${errnoOf(cause)}); remove it or pass another address`;
    throw new OperationalError("PERMISSION_DENIED", message, { cause });
  }
}

/**
 * Finds out who serves a socket file: connect(2) fails with ECONNREFUSED only when nobody has it bound (or listens).
 */
function probe(path: string): number | "unknown" | "nobody" | "gone" {
  const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw errnoError("socket");
  try {
    const address = unixAddress(path);
    if (connect(fd, address, address.length) === 0) return peerCredentials(fd).pid || "unknown";
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
    closeDescriptor(fd);
  }
}

function takenJustNow(path: string): OperationalError {
  return new OperationalError("ADDRESS_IN_USE", `${path} was taken just now; try again or pass another address`);
}

function bindError(path: string, cause: NodeJS.ErrnoException): Error {
  if (!["EACCES", "EPERM", "EROFS"].includes(cause.code ?? "")) return cause;
  const message = `${path} can't be created (${cause.code}); pass another address`;
  return new OperationalError("PERMISSION_DENIED", message, { cause });
}

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

/** A bound socket keeps its inode in use, so a later file can't have the same device and inode numbers. */
class BoundPath implements OwnedPath {
  readonly advice: readonly string[];
  readonly #path: string;
  readonly #made: BigIntStats;
  #removed = false;

  constructor(path: string, made: BigIntStats, advice: readonly string[]) {
    this.advice = advice;
    this.#path = path;
    this.#made = made;
  }

  hasName(): boolean {
    const now = lstatSync(this.#path, { bigint: true, throwIfNoEntry: false });
    return now !== undefined && isSame(now, this.#made);
  }

  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    if (this.hasName()) unlink(this.#path);
  }
}
