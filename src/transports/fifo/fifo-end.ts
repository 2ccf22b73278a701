import { closeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { read } from "../../os/libc.ts";
import { bytesInPipe, openKeeper, openReader } from "../../os/pipe.ts";

/** Pause before the pipe is read again, in which writers are refused: fewer are left each time. */
const REFUSAL_MS = 1;

/** How often at most a writer that is refused, opens the FIFO again and writes at once can prolong the end. */
const ATTEMPTS_MAX = 100;

/**
 * Reads everything that a FIFO's writers were able to write, and closes it. Writers are refused (EPIPE) once nobody has
 * it open for reading, but one may write more between the last read(2) and that moment. Those bytes stay in the pipe,
 * which is kept open for writing here. They are read through another descriptor, and so on until nothing is left.
 *
 * @param fd the only reader; closed here
 * @param memory as large as the pipe
 * @param receive called with the bytes, which are borrowed
 * @returns bytes left in the pipe, if new ones were written each time
 */
export async function endFifo(fd: number, memory: Buffer, receive: (chunk: Buffer) => void): Promise<number> {
  const keeper = openKeeper(fd);
  try {
    for (let reader = fd, attempt = 1; ; attempt++) {
      const bytes = readOnce(reader, memory);
      closeSync(reader);
      if (bytes > 0) receive(memory.subarray(0, bytes));
      const left = bytesInPipe(keeper);
      if (left === 0 || attempt === ATTEMPTS_MAX) return left;
      await pause(REFUSAL_MS);
      reader = openReader(keeper);
    }
  } finally {
    closeSync(keeper);
  }
}

/** Reads the content of the pipe, up to the size of the memory. */
function readOnce(fd: number, memory: Buffer): number {
  return Math.max(0, read(fd, memory, memory.length));
}
