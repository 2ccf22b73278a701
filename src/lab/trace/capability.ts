import { readFile } from "node:fs/promises";
import { probeBpftrace } from "../../os/bpftrace.ts";
import { missingTracepoints, readTracingFacts } from "../../os/tracing-facts.ts";
import { tracepointsOf, whyIncomplete, whyUntraceable } from "./diagnosis.ts";

/** A bpftrace that works on this machine. */
export interface Tracer {
  /** bpftrace, by name or path. */
  readonly command: string;
  /** What `bpftrace --version` prints. */
  readonly version: string;
  /** This process's pid as scripts see it, which in a container is not the one that the process sees. */
  readonly pid: number;
}

/** Whether tracing works on this machine; if not, the reason and a remedy. */
export type TracingVerdict =
  | { readonly able: true; readonly tracer: Tracer }
  | { readonly able: false; readonly reason: string };

/**
 * Finds out whether scripts can run here: first from facts about the system, then by attaching one probe.
 *
 * @param command bpftrace, by name or path
 * @param scripts paths of scripts whose tracepoints must exist too
 */
export async function canTrace(command: string, scripts: readonly string[] = []): Promise<TracingVerdict> {
  const facts = readTracingFacts(command);
  const reason = whyUntraceable(facts);
  if (reason !== undefined) return { able: false, reason };
  for (const script of scripts) {
    const missing = missingTracepoints(facts, tracepointsOf(await readFile(script, "utf8")));
    const incomplete = whyIncomplete(facts, missing);
    if (incomplete !== undefined) return { able: false, reason: incomplete };
  }
  const probe = await probeBpftrace(command);
  if ("error" in probe) return { able: false, reason: unexpected(probe.error) };
  return { able: true, tracer: { command, version: facts.bpftrace ?? "", pid: probe.pid } };
}

/** No known reason applies, and yet attaching fails: bpftrace's own message is all there is. */
function unexpected(error: string): string {
  return `bpftrace can't attach a probe although all its requirements are met (it says: ${error}); try: bpftrace -e 'BEGIN { exit(); }'`;
}
