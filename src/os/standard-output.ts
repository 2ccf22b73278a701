import { constants, fstatSync, openSync, statSync } from "node:fs";
import { errnoOf } from "../core/errors.ts";
import { F_GETFL, F_SETFL } from "./constants.ts";
import { fcntl } from "./libc.ts";

export const STDOUT = 1;

/**
 * Whether this process was started without standard output. Node opens /dev/null in its place, for reading and writing
 * (PlatformInit in src/node.cc). A shell's `>/dev/null` is for writing only.
 */
export function isStandardOutputClosed(): boolean {
  const { O_ACCMODE, O_RDWR } = { O_ACCMODE: 3, O_RDWR: constants.O_RDWR };
  const isForBoth = (fcntl(STDOUT, F_GETFL, "int", 0) & O_ACCMODE) === O_RDWR;
  return isForBoth && fstatSync(STDOUT).rdev === statSync("/dev/null").rdev;
}

/**
 * A descriptor of standard output on which write(2) fails with EAGAIN rather than block, where the file could block.
 * Pipes and terminals are opened again, because O_NONBLOCK belongs to the open file, which other programs may use too.
 * What can't be opened again (a socket, a pipe of another user) gets the flag itself, as Node's own streams do it.
 *
 * @returns the descriptor, which is 1 for a regular file: only that one has its offset
 */
export function openStandardOutput(): number {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  const file = fstatSync(STDOUT);
  if (file.isFile()) return STDOUT;
  try {
    return openSync(`/proc/self/fd/${STDOUT}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    if (file.isFIFO() || file.isSocket()) {
      fcntl(STDOUT, F_SETFL, "int", fcntl(STDOUT, F_GETFL, "int", 0) | O_NONBLOCK);
    }
    return STDOUT;
  }
}
