import { readFileSync } from "node:fs";

/** A numeric kernel setting (sysctl(8)), or undefined where this system or network namespace doesn't have it. */
export function readSysctl(name: string): number | undefined {
  return readSysctls(name)?.[0];
}

/** A kernel setting of several numbers, as tcp_rmem (tcp(7)), or undefined where this system doesn't have it. */
export function readSysctls(name: string): number[] | undefined {
  try {
    const values = readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "latin1")
      .trim()
      .split(/\s+/)
      .map(Number);
    return values.every(Number.isFinite) ? values : undefined;
  } catch {
    return undefined;
  }
}
