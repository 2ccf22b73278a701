import { readdirSync, readlinkSync } from "node:fs";

/** What this process has open ("socket:[123]", a path, "anon_inode:inotify"), sorted, as far as it contains the text. */
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
