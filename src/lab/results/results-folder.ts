import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { errnoOf, OperationalError } from "../../core/errors.ts";

/**
 * Makes the folder and its parents unless it is there.
 *
 * @returns the topmost folder that it made, in which there is nothing else; undefined if it was there
 * @throws OperationalError OUTPUT_UNWRITABLE
 */
export function makeResultsFolder(directory: string): string | undefined {
  try {
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return undefined;
    const topmost = mkdirSync(dirname(resolve(directory)), { recursive: true });
    // Not recursive: Node would never end where mkdir(2) gives ENOENT although the parent exists, as in /proc.
    mkdirSync(directory);
    return topmost ?? directory;
  } catch (cause) {
    const message = `${directory} can't be made (${errnoOf(cause)}); pass another --out`;
    throw new OperationalError("OUTPUT_UNWRITABLE", message, { cause });
  }
}
