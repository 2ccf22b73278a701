import { readdirSync, readlinkSync } from "node:fs";

/** This process's open files ("socket:[123]", a path, "anon_inode:inotify") whose names contain the text, sorted. */
export function openDescriptors(containing: string): string[] {
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // the descriptor of the listing itself
    }
  });
  return targets.filter((target) => target.includes(containing)).sort();
}
