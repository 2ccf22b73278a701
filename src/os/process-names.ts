import { readdirSync, readFileSync } from "node:fs";

/** Pids of the running processes that have one of these names (the name of the main thread, at most 15 characters). */
export function processesNamed(names: readonly string[]): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && names.includes(nameOf(entry)))
    .map(Number);
}

/** Empty if the process has ended in the meantime. */
function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch {
    return "";
  }
}
