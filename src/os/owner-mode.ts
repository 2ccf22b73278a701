import { type BigIntStats, chmodSync, closeSync, constants, fstatSync, openSync } from "node:fs";
import { O_PATH } from "./constants.ts";

const OWNER_MAY_READ_AND_WRITE = 0o600;

/**
 * Lets the owner read and write a FIFO or socket that was just created with mode 0600, if the umask removed even these
 * permissions. The umask belongs to the whole process and can't be set in a worker thread. So it isn't changed for the
 * creation of a file; it can only remove permissions.
 *
 * @param isOurs whether this is the created file: another file may have the name by now, and is left alone
 */
export function allowOwner(path: string, isOurs: (found: BigIntStats) => boolean): void {
  const fd = openName(path);
  if (fd === undefined) return;
  try {
    const found = fstatSync(fd, { bigint: true });
    const mode = Number(found.mode) & 0o7777;
    if (!isOurs(found) || (mode & OWNER_MAY_READ_AND_WRITE) === OWNER_MAY_READ_AND_WRITE) return;
    chmodSync(`/proc/self/fd/${fd}`, mode | OWNER_MAY_READ_AND_WRITE);
  } finally {
    closeSync(fd);
  }
}

/** A descriptor that refers to the file without opening it, for which no permission is needed (open(2), O_PATH). */
function openName(path: string): number | undefined {
  try {
    return openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
}
