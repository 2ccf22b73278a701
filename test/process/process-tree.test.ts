import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { treeUses } from "../../src/os/process-tree.ts";

/** A shell that runs the script, says so, and then waits; so does each child of it that says a line. */
async function shell(script: string, children = 0): Promise<number> {
  const child = spawn("sh", ["-c", `${script}\necho done; read line`], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.stdin.end());
  for (let text = ""; text.split("\n").length <= 1 + children; ) text += String(await once(child.stdout, "data"));
  return child.pid ?? 0;
}

test("a process is measured with its children, those that have ended included", async () => {
  const busy = await shell("head -c 500000000 /dev/zero | tail -c 1 >/dev/null");
  const idle = await shell("true");
  const both = await shell("exec 3<&0; sh -c 'echo ready; read line' <&3 &", 1);
  const uses = treeUses([busy, idle, both]);
  expect(uses.get(busy)?.cpuSeconds).toBeGreaterThan(0.03);
  expect(uses.get(idle)?.cpuSeconds).toBeLessThan(0.03);
  const [one = 0, two = 0] = [idle, both].map((pid) => uses.get(pid)?.peakResidentBytes);
  expect(one).toBeGreaterThan(100_000);
  expect(two).toBeGreaterThan(one + 100_000);
});

test("a process that has ended is left out", async () => {
  const child = spawn("true");
  await once(child, "exit");
  expect(treeUses([child.pid ?? 0]).size).toBe(0);
});
