import { lstatSync } from "node:fs";
import type { OwnDirectory } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";

/** What to do instead, where an address that nobody named can't be used. */
export const REMEDY = "pass an address, as in unixsock=/path/to/log.sock";

/**
 * @throws OperationalError PERMISSION_DENIED when it is not a real directory, not this user's own, or open to others
 * @throws the system error, ENOENT for instance
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

/** That lines would go to another user, or come from one, where this user named no address. @param fact ends where the remedy begins */
export function notOwn(fact: string, cause?: unknown): OperationalError {
  return new OperationalError("PERMISSION_DENIED", `${fact} ${REMEDY}`, { cause });
}
