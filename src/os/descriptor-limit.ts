import { readdirSync, readFileSync } from "node:fs";

/** Descriptors this process may still open. Node raises the soft limit to the hard one at start. */
export function descriptorsLeft(): number {
  const line = readFileSync("/proc/self/limits", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith("Max open files"));
  const limit = Number(line?.split(/\s{2,}/)[1]);
  return Math.max(0, limit - readdirSync("/proc/self/fd").length);
}
