import { OperationalError } from "../core/errors.ts";

/** There is no log file of that name. */
export function missingFile(path: string): OperationalError {
  return new OperationalError("INPUT_UNREADABLE", `${path} doesn't exist; pass an existing file`);
}
