import { type BigIntStats, chmodSync, chownSync, closeSync, constants, fstatSync, openSync } from "node:fs";
import { errnoOf, OperationalError } from "../core/errors.ts";
import type { PathAccess } from "../core/path-access.ts";
import { O_PATH } from "./constants.ts";

/** The bits of a mode that are permissions; the others mark a file. */
const PERMISSIONS = 0o777;

/**
 * Gives a FIFO or socket that was just created with mode 0600, from which the umask may have removed some bits, its
 * owner and then its permissions. In this order nobody may use it before its owner is right. The umask belongs to the
 * whole process and can't be set in a worker thread, so it isn't changed for the creation of a file.
 *
 * @param isOurs whether this is the created file: another file may have the name by now, and is left alone
 * @throws OperationalError PERMISSION_DENIED when this process may not give the file away
 */
export function grantAccess(path: string, access: PathAccess, isOurs: (found: BigIntStats) => boolean): void {
  const fd = openName(path);
  if (fd === undefined) return;
  try {
    const found = fstatSync(fd, { bigint: true });
    if (isOurs(found)) applyAccess(path, `/proc/self/fd/${fd}`, { access, found });
  } finally {
    closeSync(fd);
  }
}

/** As grantAccess(), for a file that is open. */
export function grantAccessTo(fd: number, path: string, access: PathAccess): void {
  applyAccess(path, `/proc/self/fd/${fd}`, { access, found: fstatSync(fd, { bigint: true }) });
}

/** @param name leads to the very file that was `found`, whatever is at its path now */
function applyAccess(path: string, name: string, given: { access: PathAccess; found: BigIntStats }): void {
  const { access, found } = given;
  const { uid = Number(found.uid), gid = Number(found.gid) } = access;
  const mode = Number(found.mode) & 0o7777;
  try {
    if (uid !== Number(found.uid) || gid !== Number(found.gid)) chownSync(name, uid, gid);
    if ((mode & PERMISSIONS) !== access.mode) chmodSync(name, (mode & ~PERMISSIONS) | access.mode);
  } catch (cause) {
    if (errnoOf(cause) !== "EPERM") throw cause;
    throw new OperationalError(
      "PERMISSION_DENIED",
      `${path} can't be given to uid ${uid} and gid ${gid} with mode ${access.mode.toString(8).padStart(4, "0")}; ` +
        "start the aggregator as root, or name a group that its user is a member of",
      { cause },
    );
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
