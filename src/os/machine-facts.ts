import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** The text of a file of /proc or /sys without the space around it, or null where there is none. */
export function systemText(path: string): string | null {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return null;
  }
}

/** Whether the processor has the "hypervisor" flag, which virtual machines set; null where /proc/cpuinfo has no flags. */
export function isVirtual(): boolean | null {
  const flags = /^flags\s*:(.*)$/m.exec(systemText("/proc/cpuinfo") ?? "")?.[1];
  return flags === undefined ? null : flags.split(" ").includes("hypervisor");
}

/** The first line that a program prints with these words, or null where there is no such program. */
export function versionText(program: string, ...words: string[]): string | null {
  const { status, stdout } = spawnSync(program, words, { encoding: "utf8" });
  return status === 0 ? (stdout.split("\n")[0] ?? null) : null;
}

/** Whether there is a program of this name in PATH. */
export function isInstalled(program: string): boolean {
  return (process.env["PATH"] ?? "").split(":").some((folder) => existsSync(`${folder}/${program}`));
}
