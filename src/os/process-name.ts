import { writeFileSync } from "node:fs";

/**
 * Names the process, with at most 15 bytes, for `ps -o comm`, top and the bpftrace scripts (proc(5), comm). Threads
 * that run already keep their names. `process.title` would also overwrite the arguments that `ps` shows.
 */
export function nameProcess(name: string): void {
  try {
    writeFileSync("/proc/self/comm", name);
  } catch {
    // Without /proc it keeps the name that it was started by.
  }
}
