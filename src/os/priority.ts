import os from "node:os";

/** The scheduling priority (nice value) of this thread: -20 is the highest, 19 the lowest, 0 the default. */
export function priority(): number {
  return os.getPriority();
}

/**
 * Sets the nice value of this thread and of the threads that it starts from now on (setpriority(2)).
 *
 * @returns false where that isn't permitted: a higher priority needs CAP_SYS_NICE or RLIMIT_NICE
 */
export function setPriority(nice: number): boolean {
  try {
    os.setPriority(nice);
    return true;
  } catch {
    return false;
  }
}
