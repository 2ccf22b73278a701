import { closeSync, constants, fstatSync, lstatSync, openSync, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf, OperationalError } from "../../core/errors.ts";
import { OWNER_ONLY, type PathAccess } from "../../core/path-access.ts";
import { lockHolder, tryLock } from "../../os/file-lock.ts";
import { foreignOwner } from "../../os/foreign-file.ts";
import { grantAccessTo } from "../../os/path-access.ts";
import { admittedOthers, isOwnFifo, makeFifo, openAnchor } from "../../os/pipe.ts";

/** If the path changes while it is opened, opening is tried again, but not forever. */
const ATTEMPTS_MAX = 100;

/** With these, unlink(2) found nothing at the path, or a directory that has the name by now. */
const ABSENT: readonly (string | undefined)[] = ["ENOENT", "EISDIR"];

/** A reader of a FIFO takes lines out of it, so only its owner gets this permission. */
const OTHERS_MAY_READ = 0o044;

/** A FIFO that is open (non-blocking) and locked: no other aggregator reads lines from it. */
export class FifoFile {
  readonly path: string;
  readonly fd: number;
  /** See openAnchor(). */
  readonly anchor: number;
  /** Descriptors of our FIFOs that were replaced; the caller ends them by endFifo(). */
  readonly former: readonly number[];
  readonly #givenTo: number | undefined;

  /**
   * Opens the FIFO at the path, or creates one. Anything else at the path, including a symbolic link, is left alone. A
   * FIFO of an earlier run that admitted others is replaced by a new one, because who had it open could still write.
   *
   * @param access who may write to it; left out, only the owner, and the mode that a user gave to a FIFO stays
   * @throws OperationalError DIRECTORY_MISSING, PERMISSION_DENIED, FOREIGN_FILE, NOT_A_FIFO or ADDRESS_IN_USE
   */
  static open(path: string, access?: PathAccess): FifoFile {
    const former: number[] = [];
    try {
      checkDirectory(dirname(path));
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        const file = openOnce(path, { access, former });
        if (file !== undefined) return file;
      }
    } catch (error) {
      for (const fd of former) closeSync(fd);
      throw explained(path, error);
    }
    for (const fd of former) closeSync(fd);
    throw new OperationalError("ADDRESS_UNAVAILABLE", `${path} keeps changing; pass an address of its own`);
  }

  constructor(path: string, descriptors: Descriptors, givenTo?: number) {
    this.path = path;
    this.fd = descriptors.fd;
    this.anchor = descriptors.anchor;
    this.former = descriptors.former;
    this.#givenTo = givenTo;
  }

  /** Whether the path still leads to this FIFO. As long as it is open, no other file can have its inode. */
  hasName(): boolean {
    return isAt(this.path, this.fd);
  }

  /** Deletes the FIFO if we created it, perhaps in a run that crashed, and if it is still the one at its path. */
  remove(): void {
    if (!isOwnFifo(this.fd, this.#givenTo) || !this.hasName()) return;
    unlink(this.path);
  }
}

interface Descriptors {
  readonly fd: number;
  readonly anchor: number;
  readonly former: readonly number[];
}

function isAt(path: string, fd: number): boolean {
  const named = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const open = fstatSync(fd, { bigint: true });
  return named?.dev === open.dev && named.ino === open.ino;
}

function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!ABSENT.includes(errnoOf(error))) throw error;
  }
}

function checkDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new OperationalError("DIRECTORY_MISSING", `${path} is not a directory; make it or pass another address`);
}

interface Opening {
  readonly access: PathAccess | undefined;
  /** Gets the descriptors of FIFOs that are to be replaced. */
  readonly former: number[];
}

/** Undefined when the file at the path changed between two calls, or was removed in order to be replaced. */
function openOnce(path: string, { access, former }: Opening): FifoFile | undefined {
  makeFifo(path);
  // Checked before it is opened, because opening a device can have side effects.
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isFIFO()) throw notAFifo(path);
  const fd = openForReading(path);
  if (fd === undefined) return undefined;
  try {
    if (!fstatSync(fd).isFIFO()) throw notAFifo(path);
    refuseForeign(path, fd, access?.uid);
    if (!tryLock(fd)) throw inUse(path, lockHolder(fd));
    if (admittedOthers(fd, writersOf(access))) {
      if (isAt(path, fd)) unlink(path);
      former.push(fd);
      return undefined;
    }
    allowWriters(path, fd, access);
    const file = new FifoFile(path, { fd, anchor: openAnchor(fd), former }, access?.uid);
    if (file.hasName()) return file;
    closeSync(file.anchor);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return undefined;
}

function openForReading(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function notAFifo(path: string): OperationalError {
  return new OperationalError("NOT_A_FIFO", `${path} is not a FIFO and was left alone; remove it or pass another path`);
}

function writersOf(access: PathAccess = OWNER_ONLY): PathAccess {
  return { ...access, mode: access.mode & ~OTHERS_MAY_READ };
}

function allowWriters(path: string, fd: number, access: PathAccess | undefined): void {
  if (access === undefined && !isOwnFifo(fd, undefined)) return;
  grantAccessTo(fd, path, writersOf(access));
}

/** The user who created the FIFO may read what is written to it. @param givenTo who owns the aggregator's FIFOs */
function refuseForeign(path: string, fd: number, givenTo: number | undefined): void {
  const uid = foreignOwner(path, fd);
  if (uid === undefined || uid === givenTo) return;
  throw new OperationalError(
    "FOREIGN_FILE",
    `${path} belongs to uid ${uid}, in a directory that users other than you and root may write to; remove it or pass another address`,
  );
}

function inUse(path: string, holder: string): OperationalError {
  return new OperationalError("ADDRESS_IN_USE", `${path} is served by ${holder}; stop it or pass another address`);
}

/** Turns a system error into one that the user can act on. */
function explained(path: string, cause: unknown): unknown {
  const code = errnoOf(cause);
  switch (code) {
    case "EACCES":
    case "EPERM":
    case "EROFS": {
      const message = `${path} can't be created or read (${code}); fix its permissions or pass another address`;
      return new OperationalError("PERMISSION_DENIED", message, { cause });
    }
    case "ENAMETOOLONG":
      return new OperationalError("PATH_TOO_LONG", `${path} is too long for a path; pass a shorter one`, { cause });
    case "ELOOP":
    case "ENXIO": // replaced by a symbolic link, or by a socket, after the check
      return notAFifo(path);
    default:
      return cause;
  }
}
