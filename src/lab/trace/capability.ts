import { readFile } from "node:fs/promises";
import { probeBpftrace } from "../../os/bpftrace.ts";
import { missingTracepoints, readTracingFacts } from "../../os/tracing-facts.ts";
import { tracepointsOf, whyIncomplete, whyUntraceable } from "./diagnosis.ts";

/** Whether tracing works here; if not, why and what to do about it. */
export type TracingVerdict =
  | { readonly able: true; readonly bpftrace: string }
  | { readonly able: false; readonly reason: string };

/**
 * Finds out, by looking first and by attaching one probe last, whether scripts can run here.
 *
 * @param command bpftrace, by name or path
 * @param scripts paths of scripts whose tracepoints must be there too
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
  const complaint = await probeBpftrace(command);
  if (complaint !== undefined) return { able: false, reason: unexpected(complaint) };
  return { able: true, bpftrace: facts.bpftrace ?? "" };
}

/** Nothing that is known to stop it does, and yet it fails: its own words are all there is. */
function unexpected(complaint: string): string {
  return `bpftrace can't attach a probe although all it needs is there (it says: ${complaint}); try: bpftrace -e 'BEGIN { exit(); }'`;
}
