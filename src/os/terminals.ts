import { closeSync, openSync, readFileSync } from "node:fs";
import { isatty } from "node:tty";

const STANDARD_DESCRIPTORS = [0, 1, 2] as const;

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

/** The terminals among stdin, stdout and stderr, as they are when this is made. */
export class StandardTerminals {
  readonly #descriptors: readonly number[] = STANDARD_DESCRIPTORS.filter((fd) => isatty(fd));
  readonly #isControlled: boolean = hasControllingTerminal();

  /**
   * Whether they are gone: one of them has hung up, or the session that they control has ended, of which a process in
   * it is told by SIGHUP before the terminal is closed.
   */
  areLost(): boolean {
    if (this.#descriptors.length === 0) return false;
    return this.#descriptors.some((fd) => !isatty(fd)) || (this.#isControlled && !hasControllingTerminal());
  }

  /**
   * Replaces them by /dev/null, to be called when the process ends. Node 20 then wants to restore a terminal's modes,
   * and aborts if that fails, as it does after a hang-up (ResetStdio in src/node.cc). It leaves a descriptor alone that
   * refers to another file by then.
   */
  replace(): void {
    for (const fd of this.#descriptors) {
      closeSync(fd);
      openSync("/dev/null", "r+"); // open(2) returns the lowest descriptor that is free
    }
  }
}

/** ENXIO after a hang-up, and where there never was one. */
function hasControllingTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
