import { readdirSync, readFileSync } from "node:fs";

/** Pids of the running processes that have one of these names (the main thread's, 15 characters at most). */
export function processesNamed(names: readonly string[]): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && names.includes(nameOf(entry)))
    .map(Number);
}

/** Empty for a process that has ended meanwhile. */
function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch {
    return "";
  }
}
