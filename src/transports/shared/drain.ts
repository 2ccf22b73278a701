import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import { DRAIN_MS_MAX, DRAIN_QUIET_TURNS } from "../../core/limits.ts";

/** How long to look away where more may come only after some time. */
const LOOK_MS = 2;

/**
 * Keeps the event loop turning until DRAIN_QUIET_TURNS turns in a row, and a time, bring no input; at most DRAIN_MS_MAX.
 *
 * @param quietMs that time; 0 where all that was sent can be read at once
 * @param activity a number that changes with every input
 * @param waiting true while a sender is held back, which is not the same as having nothing to say
 */
export async function untilQuiet(quietMs: number, activity: () => number, waiting: () => boolean): Promise<void> {
  const deadline = performance.now() + DRAIN_MS_MAX;
  let seen = activity();
  let seenAt = performance.now();
  for (let quiet = 0; performance.now() < deadline; ) {
    await (quiet < DRAIN_QUIET_TURNS ? turn() : pause(LOOK_MS));
    const now = activity();
    if (now !== seen || waiting()) {
      quiet = 0;
      seen = now;
      seenAt = performance.now();
    } else quiet++;
    if (quiet >= DRAIN_QUIET_TURNS && performance.now() - seenAt >= quietMs) return;
  }
}
