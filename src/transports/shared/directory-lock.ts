import { closeSync, constants, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ADDRESS_LOCK_MS_MAX } from "../../core/limits.ts";
import { lockHolder, tryLock } from "../../os/file-lock.ts";

/** The right to remove a stale socket from a directory, among starters of this project. */
export interface DirectoryLock extends AsyncDisposable {
  /** Says who has kept the directory locked, where somebody has. */
  readonly advice: readonly string[];
}

/**
 * Takes the turn by a lock on the directory. Whoever may read the directory may lock it, for ever if they like, and a starter
 * needs it for a moment only: so after ADDRESS_LOCK_MS_MAX it goes on without, as it does where it may not read the directory.
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
    await delay(5);
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
