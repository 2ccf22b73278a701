import type { TracingFacts } from "../../os/tracing-facts.ts";

/** capabilities(7). SYS_ADMIN covers the two newer ones. */
const CAP_SYS_ADMIN = 21n;
const CAP_PERFMON = 38n;
const CAP_BPF = 39n;

/** Why nothing can be traced given these facts, with the remedy; undefined if there is no known reason. */
export function whyUntraceable(facts: TracingFacts): string | undefined {
  if (facts.bpftrace === undefined) {
    return "bpftrace is not installed; run: apt-get install bpftrace (or your distribution's package)";
  }
  if (facts.uid !== 0) return `bpftrace needs root, and this is uid ${facts.uid}; run it again with sudo`;
  const missing = missingCapabilities(facts.capabilities);
  if (missing !== undefined) {
    return `root without ${missing} can't load programs into the kernel, as in most containers; run it on the host, or give the container --privileged`;
  }
  if (facts.events === undefined) {
    return "tracefs is not mounted, so there are no tracepoints; run: mount -t tracefs tracefs /sys/kernel/tracing (in a container: -v /sys/kernel/tracing:/sys/kernel/tracing)";
  }
  if (!facts.btf) {
    return `the kernel (${facts.kernel}) carries no type information (BTF) in /sys/kernel/btf; boot one built with CONFIG_DEBUG_INFO_BTF=y, as distributions' kernels are`;
  }
  if (facts.lockdown === "confidentiality") {
    return "the kernel is locked down (confidentiality) and lets no one read its memory; boot with lockdown=integrity or without";
  }
  return undefined;
}

/** Why this script can't be traced on a kernel that lacks some of its tracepoints. */
export function whyIncomplete(facts: TracingFacts, missing: readonly string[]): string | undefined {
  if (missing.length === 0) return undefined;
  return `the kernel (${facts.kernel}) has no tracepoint ${missing.join(", ")}; the script's header says which Linux it needs`;
}

/** Tracepoints that a script names in full ("sched:sched_switch"), each once. */
export function tracepointsOf(script: string): string[] {
  const names = [...script.matchAll(/^tracepoint:(\w+:\w+),?$/gm)].map((match) => match[1] ?? "");
  return [...new Set(names)];
}

function missingCapabilities(capabilities: bigint): string | undefined {
  const has = (capability: bigint): boolean => (capabilities & (1n << capability)) !== 0n;
  if (has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON))) return undefined;
  return has(CAP_BPF) ? "CAP_PERFMON" : has(CAP_PERFMON) ? "CAP_BPF" : "CAP_BPF and CAP_PERFMON";
}
