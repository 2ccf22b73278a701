import { setImmediate as nextTurn } from "node:timers/promises";
import { DRAIN_MS_MAX, DRAIN_QUIET_TURNS } from "../../core/limits.ts";

/**
 * Keeps the event loop turning until DRAIN_QUIET_TURNS turns in a row bring no input, at most DRAIN_MS_MAX.
 *
 * @param activity a number that changes with every input
 * @param waiting true while a sender is held back, which is not the same as having nothing to say
 */
export async function untilQuiet(activity: () => number, waiting: () => boolean): Promise<void> {
  const deadline = performance.now() + DRAIN_MS_MAX;
  let seen = activity();
  for (let quiet = 0; quiet < DRAIN_QUIET_TURNS && performance.now() < deadline; ) {
    await nextTurn();
    const now = activity();
    quiet = now === seen && !waiting() ? quiet + 1 : 0;
    seen = now;
  }
}
