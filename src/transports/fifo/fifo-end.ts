import { closeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { read } from "../../os/libc.ts";
import { bytesInPipe, openKeeper, openReader } from "../../os/pipe.ts";

/** Before the pipe is read again, writers get so long to be refused: each time there are fewer left. */
const REFUSAL_MS = 1;

/** A writer that is refused, opens the FIFO anew and writes at once can keep us busy for as often as this. */
const ATTEMPTS_MAX = 100;

/**
 * Reads all that a FIFO's writers have been able to write, and closes it. Writers are refused (EPIPE) from the moment
 * on in which nobody has it open for reading; between the last read(2) and that moment one may have written more. That
 * stays in the pipe, since it is kept open for writing here, and is read through another descriptor, and so on until
 * nothing was left.
 *
 * @param fd the only reader; closed here
 * @param memory as large as the pipe
 * @param receive gets the bytes, borrowed
 * @returns bytes left in the pipe: new writes came each time
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

/** What is in the pipe, at most as much as the memory holds. */
function readOnce(fd: number, memory: Buffer): number {
  return Math.max(0, read(fd, memory, memory.length));
}
