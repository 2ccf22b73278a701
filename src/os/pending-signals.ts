import { setImmediate as immediate } from "node:timers/promises";

/**
 * Resolves when the listeners of signals that have come have run, as after a child process that Ctrl-C ended, too. They run when the
 * event loop polls; the first immediate may come before that.
 */
export async function pendingSignals(): Promise<void> {
  await immediate();
  await immediate();
}
