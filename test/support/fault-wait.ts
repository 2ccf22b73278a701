import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

/** Checks are at least a millisecond apart, on a busy machine several: what hasn't happened by then won't. */
const CHECKS_MAX = 15_000;

/**
 * Resolves when the condition holds; for conditions that no event announces.
 *
 * @throws AssertionError after CHECKS_MAX checks
 */
export async function eventually(condition: () => boolean, what: () => string): Promise<void> {
  for (let checks = 0; !condition(); checks++) {
    assert(checks < CHECKS_MAX, what());
    await pause(1);
  }
}
