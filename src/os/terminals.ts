import { readFileSync } from "node:fs";

/**
 * Whether this process belongs to a background job of its terminal, where a shell shows its prompt; false without a
 * controlling terminal.
 */
export function isBackgroundJob(): boolean {
  const stat = readFileSync("/proc/self/stat", "utf8");
  // proc(5): the process's name in parentheses, then state, ppid, pgrp, session, tty_nr, tpgid.
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(foreground) > 0 && foreground !== group;
}
