import { fstatSync, readFileSync } from "node:fs";
import { readDrops } from "./socket-options.ts";

/**
 * Counts the datagrams that the kernel has dropped at one udp socket since it was created. The kernel's counter is a
 * u32; this one doesn't wrap.
 */
export class UdpDrops {
  readonly #fd: number;
  #total: number | null = null;
  #last = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Null where the kernel doesn't report it. Correct if fewer than 2^32 datagrams are dropped between reads. */
  read(): number | null {
    const now = readDrops(this.#fd) ?? dropsInTable(this.#fd);
    if (now === null) return this.#total;
    this.#total = (this.#total ?? 0) + ((now - this.#last) >>> 0);
    this.#last = now;
    return this.#total;
  }
}

/**
 * The last column of the socket's line in /proc/net/udp or udp6 (proc(5)): the same counter, on kernels before 4.12.
 */
export function dropsInTable(fd: number): number | null {
  const inode = fstatSync(fd).ino.toString();
  for (const table of ["/proc/net/udp", "/proc/net/udp6"]) {
    for (const line of linesOf(table)) {
      const fields = line.trim().split(/\s+/);
      if (fields[9] === inode) return Number(fields.at(-1));
    }
  }
  return null;
}

function linesOf(table: string): string[] {
  try {
    return readFileSync(table, "latin1").split("\n").slice(1);
  } catch {
    return []; // no IPv6 here, or no /proc
  }
}
