import { BPF } from "./bpf.ts";
import type { Collector } from "./collector.ts";
import { PERF } from "./perf.ts";
import { PROC } from "./proc.ts";
import { STRACE } from "./strace.ts";

/** All collectors. Where several measure the same, the later one's figure counts. */
export const COLLECTORS: readonly Collector[] = [PROC, STRACE, PERF, BPF];
