import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

/** A millisecond apart or more, and several on a busy machine: what hasn't come by then doesn't come. */
const CHECKS_MAX = 15_000;

/** Resolves when the condition holds, which nothing announces. @throws AssertionError after many looks */
export async function eventually(condition: () => boolean, what: () => string): Promise<void> {
  for (let checks = 0; !condition(); checks++) {
    assert(checks < CHECKS_MAX, what());
    await pause(1);
  }
}
