import { readdirSync, readFileSync } from "node:fs";

/** Number of descriptors that this process may still open. Node raises the soft limit to the hard limit at startup. */
export function descriptorsLeft(): number {
  const line = readFileSync("/proc/self/limits", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith("Max open files"));
  const limit = Number(line?.split(/\s{2,}/)[1]);
  return Math.max(0, limit - readdirSync("/proc/self/fd").length);
}
