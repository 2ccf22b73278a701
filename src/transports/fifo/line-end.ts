import { setTimeout as pause } from "node:timers/promises";
import { DRAIN_MS_MAX } from "../../core/limits.ts";
import { LINE_FEED } from "../../core/whole-lines.ts";
import { read } from "../../os/libc.ts";

/** Pauses for a writer whose line is longer than the pipe, or than PIPE_BUF, and isn't complete in the pipe yet. */
const PAUSE_MS = 1;
const PAUSES_MAX = 10;

/**
 * Reads a FIFO to the end of the line that has begun, and not a byte further: what comes next belongs to the next
 * reader. A pipe can't be read without taking bytes out, so this reads them one by one.
 *
 * @param memory for what is passed on
 * @param receive called with the bytes, which are borrowed
 */
export async function readLineEnd(fd: number, memory: Buffer, receive: (chunk: Buffer) => void): Promise<void> {
  const untilMs = performance.now() + DRAIN_MS_MAX;
  for (let pauses = 0; pauses < PAUSES_MAX && performance.now() < untilMs; pauses++) {
    const bytes = readBytes(fd, memory);
    if (bytes > 0) receive(memory.subarray(0, bytes));
    if (bytes > 0 && memory[bytes - 1] === LINE_FEED) return;
    if (bytes === memory.length) pauses = 0;
    else await pause(PAUSE_MS);
  }
}

/** @returns how many bytes there were up to an LF, the end of the memory, or the end of what is there */
function readBytes(fd: number, memory: Buffer): number {
  for (let bytes = 0; bytes < memory.length; bytes++) {
    if (read(fd, memory.subarray(bytes), 1) <= 0) return bytes;
    if (memory[bytes] === LINE_FEED) return bytes + 1;
  }
  return memory.length;
}
