import { type BigIntStats, constants, lstatSync, renameSync } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Of one read(2): larger reads gain nothing, because zlib takes most of the time. */
const CHUNK_BYTES = 64 * 1024;

/** The file isn't the expected one, or another program is changing it. */
export class LeftAlone extends Error {}

export interface CompressOptions {
  /** Whether lines are written to this file; such a file is left alone. */
  isOpen(file: BigIntStats): boolean;
  readonly signal: AbortSignal;
}

/**
 * Replaces a rotated file by its gzip form, `<path>.gz`, with the same permissions. The gzip file gets its name only
 * when it is complete and synced, and only then is the plain file removed. Other programs may rename, replace or change
 * files meanwhile; nothing of theirs is overwritten or removed. If a crash left both forms, they are compared instead.
 *
 * @throws the reason why it wasn't done; the plain file is then unchanged
 */
export async function compress(path: string, options: CompressOptions): Promise<void> {
  await using source = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const plain = await source.stat({ bigint: true });
  if (!plain.isFile() || options.isOpen(plain)) return;
  const gzip = `${path}.gz`;
  if (lstatSync(gzip, { throwIfNoEntry: false }) === undefined)
    await make(gzip, { path, source, plain }, options.signal);
  else if (!(await unpacksTo(gzip, source, options.signal)))
    throw new LeftAlone(`${gzip} exists already and has other content; both stay`);
  await syncNames(path);
  if (names(path, plain)) await unlink(path);
}

interface Plain {
  readonly path: string;
  readonly source: FileHandle;
  readonly plain: BigIntStats;
}

async function make(gzip: string, { path, source, plain }: Plain, signal: AbortSignal): Promise<void> {
  const part = `${gzip}.part`;
  await using target = await open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  const made = await target.stat({ bigint: true });
  try {
    const write = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of chunks) await target.writeFile(chunk);
    };
    await pipeline(chunksOf(source), createGzip(), write, { signal });
    await target.chmod(Number(plain.mode) & 0o777);
    await target.sync();
    const { size, mtimeNs } = await source.stat({ bigint: true });
    const isSame = size === plain.size && mtimeNs === plain.mtimeNs && names(path, plain) && names(part, made);
    if (!isSame || lstatSync(gzip, { throwIfNoEntry: false }) !== undefined) {
      throw new LeftAlone("it was changed or replaced meanwhile; it stays unchanged");
    }
    renameSync(part, gzip);
  } catch (error) {
    if (names(part, made)) await unlink(part);
    throw error;
  }
}

/** Whether the path refers to this very file. */
function names(path: string, { dev, ino }: BigIntStats): boolean {
  const named = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return named?.dev === dev && named.ino === ino;
}

/** Compares only up to the end of the plain file, so that a gzip file that unpacks to far more takes no longer. */
async function unpacksTo(gzip: string, plain: FileHandle, signal: AbortSignal): Promise<boolean> {
  await using packed = await open(gzip, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const unpacked = createGunzip();
  const feeding = pipeline(chunksOf(packed), unpacked, { signal }).catch(() => {}); // handled below too
  let at = 0;
  try {
    for await (const chunk of unpacked) {
      const expected = Buffer.allocUnsafe(chunk.length);
      const { bytesRead } = await plain.read(expected, 0, expected.length, at);
      if (!expected.subarray(0, bytesRead).equals(chunk)) return false;
      at += bytesRead;
    }
    return at === (await plain.stat()).size;
  } catch (error) {
    if (signal.aborted) throw error;
    return false; // not gzip, or incomplete
  } finally {
    await feeding;
  }
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** Like syncDirectory(), but off the event loop. */
async function syncNames(path: string): Promise<void> {
  await using directory = await open(dirname(path), O_RDONLY);
  await directory.sync();
}
