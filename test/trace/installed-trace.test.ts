import { afterAll, beforeAll, expect, test } from "vitest";
import { parseScriptOutput, totalOf } from "../../src/lab/trace/script-output.ts";
import { type Installation, PackedProject } from "../support/installed-package.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { requireTracing } from "./tracing.ts";

requireTracing();

const packed = new PackedProject();
let installation: Installation;

beforeAll(async () => {
  installation = await packed.installGlobally(await packed.pack());
}, 120_000);

afterAll(() => packed.remove());

test("ipc-lab trace counts every line, from any directory", () => {
  const words = ["ipc-lab", "trace", "syscall_latency", "fifo", "2"];
  const { status, stdout, stderr } = packed.run(installation, temporaryDirectory(), words);
  expect(status).toBe(0);
  expect(stderr).toContain("100 lines stored over fifo\n");
  const writes = parseScriptOutput(stdout).histograms.get("@lat")?.get("write") ?? [];
  expect(totalOf(writes)).toBe(100);
});
