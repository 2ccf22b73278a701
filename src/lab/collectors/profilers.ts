import { bpfProfiler } from "./bpf-profile.ts";
import type { CollectWay } from "./choice.ts";
import type { Collector } from "./collector.ts";
import { perfProfiler } from "./perf-profile.ts";

/** What takes stacks; the first one that works here does. */
const PROFILERS = { bpf: bpfProfiler, perf: perfProfiler } as const;

export interface ProfilerChoice {
  /** Undefined where none works. */
  readonly profiler: Collector | undefined;
  /** Why none does. */
  readonly why: string;
}

/** Chooses what `--profile` takes stacks with. @param folder of the results, where folded stacks are kept */
export async function chooseProfiler(way: CollectWay, folder: string): Promise<ProfilerChoice> {
  const reasons: string[] = [];
  for (const [name, make] of Object.entries(PROFILERS)) {
    if (way !== "auto" && way !== name) continue;
    const profiler = make(folder);
    const why = await profiler.unavailable();
    if (why === undefined) return { profiler, why: "" };
    reasons.push(why);
  }
  return { profiler: undefined, why: reasons.join("; ") || `--collect ${way} takes no stacks` };
}
