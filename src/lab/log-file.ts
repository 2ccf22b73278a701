import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { pipeline } from "node:stream";
import { setImmediate as nextIteration } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { VERIFY_READ_BYTES } from "../core/tuning.ts";

/** Explanations and remedies for the errors of the system and of zlib. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "doesn't exist; pass an existing file",
  EACCES: "may not be read by you; ask its owner, or read it as root",
  ENXIO: "is a socket; pass a file",
  Z_DATA_ERROR: "ends with .gz and isn't gzip, or is damaged; rename it, or restore it",
  Z_BUF_ERROR: "is an incomplete gzip file; wait until its compression has ended, or restore it",
};

/**
 * The bytes of a file as it is now: what is appended while it is read is ignored. A file whose name ends with `.gz` is decompressed.
 * Each chunk is valid until the next one is requested.
 *
 * @throws OperationalError INPUT_UNREADABLE if it isn't a regular file or can't be read
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

/** Reads in a row before the event loop handles signals and timers: 4 MiB, so these wait milliseconds, not seconds. */
const READS_IN_A_ROW = 64;

/** Uses one buffer for all chunks and no thread pool: less processor time than a stream (measured). */
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
  // Iterating over gunzip's output throws the errors of both streams.
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
