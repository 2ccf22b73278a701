import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory of the running test's own, removed when the test ends. Short, so that socket paths fit in it. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "log-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
