import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { join } from "node:path";
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

const CHECKSUM_LETTERS = 12;

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
      build: buildChecksum(),
      bpftrace: versionText("bpftrace", "--version"),
      perf: versionText("perf", "--version"),
      strace: versionText("strace", "--version"),
      go: versionText("go", "version"),
    },
  };
}

/** Of the built commands, so that two builds of one version are told apart; null where nothing is built. */
function buildChecksum(): string | null {
  const folder = projectFile("dist/bin");
  const hash = createHash("sha256");
  try {
    for (const name of readdirSync(folder).sort()) {
      if (name.endsWith(".js")) hash.update(name).update(readFileSync(join(folder, name)));
    }
  } catch {
    return null;
  }
  return hash.digest("hex").slice(0, CHECKSUM_LETTERS);
}

/** The first fact in which two environments differ, as text such as `kernel 6.1 and 6.12`; undefined where they are the same. */
export function differenceOf(one: Environment, other: Environment): string | undefined {
  const [before, now] = [factsOf(one), factsOf(other)];
  const name = [...before.keys(), ...now.keys()].find((fact) => before.get(fact) !== now.get(fact));
  return name === undefined ? undefined : `${name} ${before.get(name) ?? "none"} and ${now.get(name) ?? "none"}`;
}

function factsOf({ sysctls, versions, ...facts }: Environment): Map<string, unknown> {
  return new Map<string, unknown>(Object.entries({ ...facts, ...sysctls, ...versions }));
}
