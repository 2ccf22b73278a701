import { closeSync, constants, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ADDRESS_LOCK_MS_MAX } from "../../core/limits.ts";
import { ADDRESS_RETRY_MS } from "../../core/tuning.ts";
import { lockHolder, tryLock } from "../../os/file-lock.ts";

/** Gives one starter of this project at a time the right to remove a stale socket from a directory. */
export interface DirectoryLock extends AsyncDisposable {
  /** Names the process that kept the directory locked, if there was one. */
  readonly advice: readonly string[];
}

/**
 * Locks the directory. Anyone who may read it may lock it, even forever, whereas a starter needs the lock only
 * briefly. So after ADDRESS_LOCK_MS_MAX a starter continues without the lock. It also does so where it may not read
 * the directory.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const fd = openToLock(directory);
  if (fd === undefined) return directoryLock([], () => {});
  const deadline = performance.now() + ADDRESS_LOCK_MS_MAX;
  while (!tryLock(fd)) {
    if (performance.now() > deadline) {
      const holder = lockHolder(fd);
      closeSync(fd);
      return directoryLock(
        [`${directory} has been locked for ${ADDRESS_LOCK_MS_MAX} ms by ${holder}; stop it`],
        () => {},
      );
    }
    await delay(ADDRESS_RETRY_MS);
  }
  return directoryLock([], () => closeSync(fd));
}

function directoryLock(advice: readonly string[], end: () => void): DirectoryLock {
  return { advice, [Symbol.asyncDispose]: async () => end() };
}

function openToLock(directory: string): number | undefined {
  try {
    return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
}
