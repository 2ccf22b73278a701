import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { O_PATH } from "./constants.ts";

const GROUP_OR_OTHERS_MAY_WRITE = 0o022;

/**
 * Whether another user may have put an open file where we found it: it belongs to neither root nor this user, and so do they
 * who may write its directory (whose sticky bit keeps nobody from putting something there first).
 *
 * The directory is held open and looked through for the very file, so that nobody can exchange one or the other meanwhile.
 *
 * @param path the name by which it was opened
 * @returns the uid of the owner, undefined when the file is all right
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

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
