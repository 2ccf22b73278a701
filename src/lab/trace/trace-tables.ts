import { TRANSPORT_NAMES, type TransportName } from "../../core/transport-name.ts";
import { type Bucket, peakOf, shortNumber, totalOf } from "./script-output.ts";

/** One script's result for each transport. */
export type PerTransport<Value> = Partial<Record<TransportName, ReadonlyMap<string, Value>>>;

/** The order of system calls in the README of the Go original; other calls follow, the most frequent first. */
const ORIGINAL_ORDER = [
  "epoll_pwait",
  "futex",
  "nanosleep",
  "rt_sigaction",
  "write",
  "sendmsg",
  "sendmmsg",
  "sendto",
  "recvmsg",
  "mmap",
  "read",
  "munmap",
  "mprotect",
  "madvise",
  "close",
  "rt_sigprocmask",
  "fcntl",
  "openat",
  "socket",
  "connect",
  "setsockopt",
  "bind",
  "shutdown",
];

/** Markdown: how often each system call was made, by transport, with the sum last. */
export function countTable(counts: PerTransport<number>): string {
  const rows = callsOf(counts).map((call) => [
    `\`${call}\``,
    ...TRANSPORT_NAMES.map((transport) => String(counts[transport]?.get(call) ?? "–")),
  ]);
  const sums = TRANSPORT_NAMES.map((transport) =>
    String([...(counts[transport]?.values() ?? [])].reduce((sum, count) => sum + count, 0)),
  );
  return markdownTable(["system call", ...TRANSPORT_NAMES], [...rows, ["**all**", ...sums]]);
}

/** Markdown: the fullest bucket of each histogram and how many of how many values lie in it, by transport. */
export function peakTable(title: string, histograms: PerTransport<readonly Bucket[]>): string {
  const keys = new Set(TRANSPORT_NAMES.flatMap((transport) => [...(histograms[transport]?.keys() ?? [])]));
  const rows = [...keys].map((key) => [
    `\`${key}\``,
    ...TRANSPORT_NAMES.map((transport) => peakCell(histograms[transport]?.get(key))),
  ]);
  return markdownTable([title, ...TRANSPORT_NAMES], rows);
}

function callsOf(counts: PerTransport<number>): string[] {
  const totals = new Map<string, number>();
  for (const transport of TRANSPORT_NAMES) {
    for (const [call, count] of counts[transport] ?? []) totals.set(call, (totals.get(call) ?? 0) + count);
  }
  const known = ORIGINAL_ORDER.filter((call) => totals.has(call));
  const others = [...totals.keys()].filter((call) => !ORIGINAL_ORDER.includes(call));
  return [...known, ...others.sort((a, b) => (totals.get(b) ?? 0) - (totals.get(a) ?? 0) || (a < b ? -1 : 1))];
}

function peakCell(buckets: readonly Bucket[] | undefined): string {
  const peak = peakOf(buckets ?? []);
  if (buckets === undefined || peak === undefined) return "–";
  return `${shortNumber(peak.low)}–${shortNumber(peak.high)}: ${peak.count} of ${totalOf(buckets)}`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? "---" : "---:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
