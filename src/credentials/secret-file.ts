import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { errnoOf, OperationalError } from "../core/errors.ts";

const OTHERS = 0o077;

/**
 * Reads a file with a secret, which nobody but its owner may be able to read.
 *
 * @throws OperationalError PERMISSION_DENIED when others can, INPUT_UNREADABLE
 */
export function readSecret(path: string): Buffer {
  return read(path, (mode) => {
    if ((mode & OTHERS) === 0) return;
    const fact = `${path} holds a secret and is open to others (mode ${(mode & 0o7777).toString(8).padStart(4, "0")})`;
    throw new OperationalError("PERMISSION_DENIED", `${fact}; run chmod 0600 ${path}`);
  });
}

/** Reads a file without a secret. @throws OperationalError INPUT_UNREADABLE */
export function readPublic(path: string): Buffer {
  return read(path, () => {});
}

function read(path: string, check: (mode: number) => void): Buffer {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      check(fstatSync(fd).mode);
      return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    const code = errnoOf(cause);
    if (cause instanceof OperationalError || code === undefined) throw cause;
    throw new OperationalError("INPUT_UNREADABLE", `${path} can't be read (${code}); pass an existing file`, { cause });
  }
}
