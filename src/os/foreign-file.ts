import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { OperationalError } from "../core/errors.ts";
import { O_PATH } from "./constants.ts";

const GROUP_OR_OTHERS_MAY_WRITE = 0o022;

/**
 * Whether another user may have placed an open file where we found it: its owner is neither root nor this user, and
 * users other than these two may write to its directory. (A sticky bit prevents nobody from creating a file there
 * first.)
 *
 * The directory is kept open and checked to contain this very file, so that neither can be replaced during the check.
 *
 * @param path the path with which the file was opened
 * @returns the uid of the foreign owner, undefined when the file can be trusted
 */
export function foreignOwner(path: string, fd: number): number | undefined {
  const file = fstatSync(fd, { bigint: true });
  const owner = Number(file.uid);
  if (isTrusted(owner)) return undefined;
  const directory = openSync(dirname(path), O_PATH | constants.O_DIRECTORY);
  try {
    const { uid, mode } = fstatSync(directory);
    if (!isTrusted(uid) || mode & GROUP_OR_OTHERS_MAY_WRITE) return owner;
    const named = lstatSync(`/proc/self/fd/${directory}/${basename(path)}`, { bigint: true, throwIfNoEntry: false });
    return named?.dev === file.dev && named.ino === file.ino ? undefined : owner;
  } finally {
    closeSync(directory);
  }
}

/** @throws OperationalError FOREIGN_FILE as foreignOwner() says */
export function refuseForeign(path: string, fd: number): void {
  const uid = foreignOwner(path, fd);
  if (uid === undefined) return;
  throw new OperationalError(
    "FOREIGN_FILE",
    `${path} belongs to uid ${uid}, in a directory that users other than you and root may write to; remove it`,
  );
}

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
