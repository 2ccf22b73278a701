import { readdirSync } from "node:fs";
import { beforeEach } from "vitest";
import { canTrace, type TracingVerdict } from "../../src/lab/trace/capability.ts";
import { projectFile } from "../../src/os/project-file.ts";

/** Another bpftrace than the first in PATH can be tested with `BPFTRACE=/path/to/bpftrace`. */
export const bpftrace: string = process.env["BPFTRACE"] ?? "bpftrace";

/** Every script of the project, by path from bpftrace/. */
export const SCRIPTS: readonly string[] = ["", "arm64/"].flatMap((folder) =>
  readdirSync(projectFile(`bpftrace/${folder}`))
    .filter((name) => name.endsWith(".bt"))
    .map((name) => folder + name),
);

const VERDICT: TracingVerdict = await canTrace(
  bpftrace,
  SCRIPTS.map((script) => projectFile(`bpftrace/${script}`)),
);

/** Each test of the file is skipped with the reason where tracing is impossible, and fails with it when REQUIRE_BPF=1. */
export function requireTracing(): void {
  beforeEach((context) => {
    if (VERDICT.able) return;
    if (process.env["REQUIRE_BPF"] === "1") throw new Error(`REQUIRE_BPF=1, but ${VERDICT.reason}`);
    context.skip(VERDICT.reason);
  });
}
