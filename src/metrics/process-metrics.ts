import type { Definition } from "./definition.ts";

/** About the process itself; those that every Prometheus client has go by the names that they have there. */
export function processMetrics(program: string, version: string): readonly Definition<unknown>[] {
  const startedAt = Date.now() / 1000 - process.uptime();
  return [
    {
      name: "log_aggregator_build_info",
      type: "gauge",
      help: "Always 1; the labels say which program this is, of which version, and on which Node",
      labels: ["program", "version", "node"],
      read: () => [{ labels: { program, version, node: process.version }, value: 1 }],
    },
    {
      name: "process_cpu_seconds_total",
      type: "counter",
      help: "CPU time of all threads, user and system",
      read: () => {
        const { user, system } = process.cpuUsage();
        return [{ value: (user + system) / 1e6 }];
      },
    },
    {
      name: "process_resident_memory_bytes",
      type: "gauge",
      help: "Memory that is resident (RSS)",
      read: () => [{ value: process.memoryUsage.rss() }],
    },
    {
      name: "process_start_time_seconds",
      type: "gauge",
      help: "When the process began, seconds since 1970",
      read: () => [{ value: startedAt }],
    },
  ];
}
