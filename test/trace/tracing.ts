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

/** This process's pid as scripts see it. */
export const ownPid: number = VERDICT.able ? VERDICT.tracer.pid : process.pid;

/** Each test of the file is skipped with the reason where tracing is impossible, and fails with it when REQUIRE_BPF=1. */
export function requireTracing(): void {
  if (VERDICT.able) return;
  const { reason } = VERDICT;
  const required = process.env["REQUIRE_BPF"] === "1";
  if (!required) process.stderr.write(`trace tests skipped: ${reason}\n`);
  beforeEach((context) => {
    if (required) throw new Error(`REQUIRE_BPF=1, but ${reason}`);
    context.skip(reason);
  });
}
