import { readdirSync, readlinkSync } from "node:fs";
import { setImmediate as nextIteration } from "node:timers/promises";

/** Looks before a test fails because of what is left. Each takes 0.1 ms or more, and a busy machine may take seconds to close a descriptor. */
const LOOKS_MAX = 100_000;

/** Descriptors, handles and timers of this process, by what they are. */
export function openResources(): string[] {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // the descriptor that readdir itself had open
    }
  });
  return [...links.filter((link) => link !== ""), ...process.getActiveResourcesInfo()];
}

/** What is open now and was not before, once the event loop has had time to close what was closed. */
export async function leftOver(before: readonly string[]): Promise<string[]> {
  for (let looks = 1; ; looks++) {
    await nextIteration();
    const left = difference(openResources(), before);
    // The test runner's own timers come and go.
    if (left.length === 0 || looks === LOOKS_MAX) return left;
  }
}

function difference(now: readonly string[], before: readonly string[]): string[] {
  const known = [...before];
  return now.filter((name) => {
    const at = known.indexOf(name);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}
