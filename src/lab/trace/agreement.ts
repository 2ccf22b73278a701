import { type ScriptOutput, totalOf } from "./script-output.ts";
import type { Stored } from "./session.ts";

/** What a run has done, which a script must have counted. */
export interface Run {
  readonly producers: number;
  readonly stored: Stored;
}

/** Something that a script counts and the run knows: "sends", 435, and "lines stored", 250. */
export interface Comparison {
  readonly what: string;
  readonly counted: number;
  readonly known: string;
  readonly expected: number;
}

/** The keys of @lat in syscall_latency.bt that are sends to a transport. */
const SENDS = ["write", "writev", "sendto", "sendmsg", "sendmmsg"];

type Count = (output: ScriptOutput) => number;

/** How many sends a script has counted. While each line is sent by itself, so many lines are stored. */
const SENDS_COUNTED: Record<string, Count> = {
  syscall_latency: (output) => totals(output, "@lat", (key) => SENDS.includes(key)),
  ipc_bytes: (output) => totals(output, "@sent"),
  tcp_sendmsg_latency: (output) => totals(output, "@send"),
};

const BYTES_COUNTED: Record<string, Count> = { write_bytes_per_sec: (output) => counts(output, "@total") };

const PROCESSES_COUNTED: Record<string, Count> = {
  producer_syscalls: (output) => counts(output, "@", (key) => key.endsWith("exit_group")),
  producer_syscalls_fast: (output) => counts(output, "@", (key) => key === "exit_group"),
};

/**
 * What of a script's output can be compared with what is known of the run. Undefined for the scripts whose counts don't follow from
 * the number of lines, such as wakeups.
 *
 * @param script name of a script of bpftrace/, without .bt
 */
export function comparisonOf(script: string, output: ScriptOutput, run: Run): Comparison | undefined {
  const { lines, bytes } = run.stored;
  const sends = SENDS_COUNTED[script];
  if (sends !== undefined) return { what: "sends", counted: sends(output), known: "lines stored", expected: lines };
  const sent = BYTES_COUNTED[script];
  if (sent !== undefined) return { what: "bytes sent", counted: sent(output), known: "bytes stored", expected: bytes };
  const processes = PROCESSES_COUNTED[script];
  if (processes === undefined) return undefined;
  return { what: "ends of processes", counted: processes(output), known: "producers", expected: run.producers };
}

function totals(output: ScriptOutput, map: string, belongs: (key: string) => boolean = () => true): number {
  const histograms = [...(output.histograms.get(map) ?? [])];
  return histograms.reduce((sum, [key, buckets]) => (belongs(key) ? sum + totalOf(buckets) : sum), 0);
}

function counts(output: ScriptOutput, map: string, belongs: (key: string) => boolean = () => true): number {
  return [...(output.counts.get(map) ?? [])].reduce((sum, [key, count]) => (belongs(key) ? sum + count : sum), 0);
}
