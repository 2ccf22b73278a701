import { fstatSync, readFileSync } from "node:fs";
import { bytesInPipe } from "./pipe.ts";

const STDIN = 0;

/**
 * Whether standard input is a pipe or a regular file with bytes that nobody has read yet. Reads nothing, and never
 * waits: a pipe whose writer hasn't written yet is empty.
 */
export function hasUnreadInput(): boolean {
  const input = fstatSync(STDIN);
  if (input.isFIFO()) return bytesInPipe(STDIN) > 0;
  return input.isFile() && input.size > offsetOf(STDIN);
}

/** Where the next read(2) begins. */
function offsetOf(fd: number): number {
  const [, offset] = /^pos:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
  return Number(offset);
}
