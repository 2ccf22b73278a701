import { readFileSync, writeFileSync } from "node:fs";

/** A kernel setting that is one number (sysctl(8)), or undefined where this system or network namespace doesn't show it. */
export function readSysctl(name: string): number | undefined {
  try {
    const value = Number(readFileSync(pathOf(name), "latin1"));
    return Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs `action` while a kernel setting is at least `value`, then puts it back as it was. Where it is enough already, or may
 * not be changed (root only, read-only /proc), the action runs all the same. All of it is synchronous: no turn of the event
 * loop sees the changed setting.
 */
export function withSysctl<T>(name: string, value: number, action: () => T): T {
  const before = readSysctl(name);
  if (before === undefined || before >= value || !writeSysctl(name, value)) return action();
  try {
    return action();
  } finally {
    writeSysctl(name, before);
  }
}

function writeSysctl(name: string, value: number): boolean {
  try {
    writeFileSync(pathOf(name), String(value));
    return true;
  } catch {
    return false;
  }
}

function pathOf(name: string): string {
  return `/proc/sys/${name.replaceAll(".", "/")}`;
}
