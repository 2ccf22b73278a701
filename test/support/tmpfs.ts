import { execFileSync, spawnSync } from "node:child_process";
import { onTestFinished, type TestContext } from "vitest";
import { temporaryDirectory } from "./temporary-directory.ts";

/** A small file system of the test's own. Only root may mount one: the test is skipped for others. */
export function mountTmpfs(context: TestContext, bytes: number): string {
  if (process.geteuid?.() !== 0) context.skip("needs root, to mount a small tmpfs");
  const directory = temporaryDirectory();
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", directory]);
  if (status !== 0) context.skip(`can't mount a tmpfs here: ${stderr}`);
  onTestFinished(() => void execFileSync("umount", ["--lazy", directory]));
  return directory;
}
