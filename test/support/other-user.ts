import type { TestContext } from "vitest";

/** Users without rights on this machine. */
export const NOBODY = 65_534;
export const STRANGER = 61_234;

/** Skips the test, with the reason, where programs can't be run as another user. */
export function needRoot(context: Pick<TestContext, "skip">): void {
  if (process.geteuid?.() !== 0) context.skip("needs root, to be another user");
}

/** The command as another user runs it. */
export function asUser(uid: number, ...command: readonly string[]): [string, ...string[]] {
  return ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", ...command];
}
