import { readFileSync } from "node:fs";

/** A numeric kernel setting (sysctl(8)), or undefined where this system or network namespace doesn't have it. */
export function readSysctl(name: string): number | undefined {
  try {
    const value = Number(readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "latin1"));
    return Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
