import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { geteuid } from "node:process";

/** The facts that decide whether bpftrace can trace on this machine. */
export interface TracingFacts {
  /** The output of `bpftrace --version`, or undefined when there is no such program. */
  readonly bpftrace: string | undefined;
  /** Effective user id. */
  readonly uid: number;
  /** Effective capabilities, bit n set for capability n of capabilities(7). */
  readonly capabilities: bigint;
  /** Folder of the tracepoints, or undefined when tracefs is not mounted. */
  readonly events: string | undefined;
  /** Whether the kernel has a description of its own types (BTF). */
  readonly btf: boolean;
  /** Mode of kernel_lockdown(7): "none", "integrity", "confidentiality", or undefined where it can't be read. */
  readonly lockdown: string | undefined;
  /** Release of the running kernel. */
  readonly kernel: string;
}

/** The two places where bpftrace looks, in its order. */
const EVENT_FOLDERS = ["/sys/kernel/debug/tracing/events", "/sys/kernel/tracing/events"];

/** @param command bpftrace, by name or path */
export function readTracingFacts(command: string): TracingFacts {
  return {
    bpftrace: versionOf(command),
    uid: geteuid?.() ?? -1,
    capabilities: capabilities(),
    events: EVENT_FOLDERS.find((folder) => existsSync(`${folder}/task/task_rename`)),
    btf: existsSync("/sys/kernel/btf/vmlinux"),
    lockdown: /\[(\w+)\]/.exec(textOf("/sys/kernel/security/lockdown") ?? "")?.[1],
    kernel: release(),
  };
}

/** Returns the given tracepoints ("sched:sched_switch") that the running kernel doesn't have. */
export function missingTracepoints(facts: TracingFacts, tracepoints: readonly string[]): string[] {
  return tracepoints.filter((name) => !existsSync(`${facts.events}/${name.replace(":", "/")}`));
}

function versionOf(command: string): string | undefined {
  const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

function capabilities(): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(textOf("/proc/self/status") ?? "")?.[1];
  return BigInt(`0x${hex ?? "0"}`);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
