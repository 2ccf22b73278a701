import { lstatSync } from "node:fs";
import type { OwnDirectory } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";

/** The remedy when a default address can't be used. */
export const REMEDY = "pass an address, as in unixsock=/path/to/log.sock";

/**
 * @throws OperationalError PERMISSION_DENIED when it isn't a real directory, belongs to another user, or is open to
 *   others
 * @throws the system error, for instance ENOENT
 */
export function checkOwnDirectory({ path, forbiddenMode }: OwnDirectory): void {
  const stats = lstatSync(path);
  const uid = process.geteuid?.();
  if (!stats.isDirectory()) throw notOwn(`${path} is not a directory;`);
  if (stats.uid !== uid) throw notOwn(`${path} belongs to uid ${stats.uid}, not to you (uid ${uid});`);
  if (stats.mode & forbiddenMode) {
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
    throw notOwn(`${path} is open to others (mode ${mode}); run chmod 0700 ${path}, or`);
  }
}

/**
 * The error when a default address would lead to another user, or let one in.
 *
 * @param fact includes the punctuation before the remedy
 */
export function notOwn(fact: string, cause?: unknown): OperationalError {
  return new OperationalError("PERMISSION_DENIED", `${fact} ${REMEDY}`, { cause });
}
