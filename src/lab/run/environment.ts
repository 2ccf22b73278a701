import { readFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { geteuid } from "node:process";
import { isVirtual, systemText, versionText } from "../../os/machine-facts.ts";
import { projectFile } from "../../os/project-file.ts";
import type { Environment } from "../results/run-line.ts";

/** Settings that decide how much a transport holds, and who runs when. */
const SYSCTLS = [
  "net.unix.max_dgram_qlen",
  "net.core.rmem_default",
  "net.core.rmem_max",
  "net.core.wmem_default",
  "net.core.wmem_max",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
  "net.core.somaxconn",
  "fs.pipe-max-size",
  "kernel.sched_autogroup_enabled",
];

/** The machine and the programs, as results keep them. */
export function readEnvironment(): Environment {
  const processors = cpus();
  const manifest: { version: string } = JSON.parse(readFileSync(projectFile("package.json"), "utf8"));
  return {
    kernel: release(),
    architecture: arch(),
    cpu: processors[0]?.model.trim() || "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    governor: systemText("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
    virtual: isVirtual(),
    clocksource: systemText("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
    root: geteuid?.() === 0,
    sysctls: Object.fromEntries(SYSCTLS.map((name) => [name, systemText(`/proc/sys/${name.replaceAll(".", "/")}`)])),
    versions: {
      node: process.version,
      "log-aggregator": manifest.version,
      bpftrace: versionText("bpftrace", "--version"),
      perf: versionText("perf", "--version"),
      strace: versionText("strace", "--version"),
      go: versionText("go", "version"),
    },
  };
}
