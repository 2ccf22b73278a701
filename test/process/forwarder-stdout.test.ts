import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { FORWARDER } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";

test("a dry run whose reader is gone ends, with status 5", async () => {
  // More than a pipe takes.
  const path = logFile(`${"x".repeat(99)}\n`.repeat(20_000));
  const args = [FORWARDER, path, "--to", "stdout", "--once"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const log = text(child.stderr);
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdout.once("data", () => child.stdout.destroy());
  const [status] = await once(child, "exit");
  expect(await log).toContain("nobody reads standard output");
  expect(status).toBe(5);
}, 20_000);
