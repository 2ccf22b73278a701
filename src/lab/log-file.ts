import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { pipeline } from "node:stream";
import { setImmediate as nextIteration } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { VERIFY_READ_BYTES } from "../core/tuning.ts";

/** What the system and zlib say of files that can't be read, in words that help. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "isn't there; pass a file that is",
  EACCES: "isn't yours to read; ask its owner, or read it as root",
  ENXIO: "is a socket; pass a file",
  Z_DATA_ERROR: "ends with .gz and isn't gzip, or is damaged; pass it under its right name, or restore it",
  Z_BUF_ERROR: "is compressed and cut short; wait until its compression has ended, or restore it",
};

/**
 * The bytes of a file as it is now: what is appended while it is read is left out. A file that ends with `.gz` is decompressed on the
 * way. Each chunk is borrowed: valid until the next one is asked for.
 *
 * @throws OperationalError INPUT_UNREADABLE for what isn't a regular file or can't be read
 */
export async function* readLogFile(path: string): AsyncGenerator<Buffer> {
  try {
    const fd = openRegular(path);
    if (path.endsWith(".gz")) yield* decompressed(path, fd);
    else yield* plain(fd);
  } catch (cause) {
    throw explained(path, cause);
  }
}

function openRegular(path: string): number {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stats = fstatSync(fd);
  if (stats.isFile()) return fd;
  closeSync(fd);
  const kind = stats.isDirectory() ? "a directory" : stats.isFIFO() ? "a FIFO" : "a device";
  throw unreadable(path, `is ${kind}; pass a regular file`);
}

/** Reads in a row before the event loop, with its signals and timers, gets its turn. */
const READS_IN_A_ROW = 64;

/** One buffer for all chunks, and no thread pool between two reads: less processor time than a stream (measured). */
async function* plain(fd: number): AsyncGenerator<Buffer> {
  try {
    const buffer = Buffer.allocUnsafeSlow(VERIFY_READ_BYTES);
    for (let left = fstatSync(fd).size, reads = 1; left > 0; reads++) {
      const bytes = readSync(fd, buffer, 0, Math.min(buffer.length, left), null);
      if (bytes === 0) return;
      left -= bytes;
      yield buffer.subarray(0, bytes);
      if (reads % READS_IN_A_ROW === 0) await nextIteration();
    }
  } finally {
    closeSync(fd);
  }
}

function decompressed(path: string, fd: number): AsyncIterable<Buffer> {
  const { size } = fstatSync(fd);
  const file = createReadStream(path, { fd, end: Math.max(0, size - 1), highWaterMark: VERIFY_READ_BYTES });
  // The iteration over gunzip's side throws what befalls either.
  return pipeline(file, createGunzip({ chunkSize: VERIFY_READ_BYTES }), () => {});
}

function explained(path: string, cause: unknown): unknown {
  const errno = errnoOf(cause);
  if (cause instanceof OperationalError || errno === undefined) return cause;
  return unreadable(path, REASONS[errno] ?? `can't be read (${errno}); pass a file that can`, cause);
}

function unreadable(path: string, fact: string, cause?: unknown): OperationalError {
  return new OperationalError("INPUT_UNREADABLE", `${path} ${fact}`, { cause });
}
