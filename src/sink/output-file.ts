import {
  closeSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { errnoOf } from "../core/errors.ts";
import { syncDirectory } from "../os/sync-directory.ts";

/** Of one read(2) when lines are copied from a removed file, which is rare and must be quick. */
const COPY_BYTES = 1024 * 1024;

/** An open output: one descriptor, and the name it was opened by, which may refer to another file later. */
export interface Output {
  readonly path: string;
  readonly fd: number;
  /** By the clock of performance.now(), which nobody sets back. */
  readonly openedAtMs: number;
  /** Bytes in the file, as far as this process wrote them. */
  readonly bytes: number;
  grown(bytes: number): void;
  /** Removes its last bytes, which are the beginning of an unfinished line, where that is possible. */
  cut(bytes: number): void;
  /** Calls back once when it may accept bytes again, after a write that failed with EAGAIN or EINTR. */
  onWritable(resume: () => void): void;
  /** Whether the path still names this very file. */
  isNamed(): boolean;
  /** Whether the file has no name left: what is written to it is lost when it is closed. */
  isDeleted(): boolean;
  /** Whether these are the file's own device and inode numbers. */
  is(file: { readonly dev: bigint; readonly ino: bigint } | undefined): boolean;
  /**
   * Gives the file another name in the same directory.
   *
   * @returns false if by then the path named another file, which keeps its name
   */
  renameWith(name: string): boolean;
  /** Reads from a position in the file; returns fewer bytes at its end. */
  read(into: Buffer, position: number): number;
  close(): void;
}

/** A regular file, locked. Made by openOutput() alone. */
export class OutputFile implements Output {
  readonly path: string;
  readonly fd: number;
  readonly openedAtMs: number = performance.now();
  readonly #dev: bigint;
  readonly #ino: bigint;
  #bytes: number;
  #closed = false;

  /** @param fd owned by this object from now on. @throws the system error */
  constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
    const { dev, ino, size } = fstatSync(fd, { bigint: true });
    this.#dev = dev;
    this.#ino = ino;
    this.#bytes = Number(size);
  }

  get bytes(): number {
    return this.#bytes;
  }

  grown(bytes: number): void {
    this.#bytes += bytes;
  }

  cut(bytes: number): void {
    this.#bytes -= bytes;
    ftruncateSync(this.fd, this.#bytes);
  }

  onWritable(resume: () => void): void {
    setTimeout(resume, 0);
  }

  // While the file is open its inode can't be reused, so equal numbers mean this very file.
  is(file: { readonly dev: bigint; readonly ino: bigint } | undefined): boolean {
    return file?.dev === this.#dev && file.ino === this.#ino;
  }

  isNamed(): boolean {
    try {
      return this.is(lstatSync(this.path, { bigint: true, throwIfNoEntry: false }));
    } catch (error) {
      // This can't be known, for instance in a directory that may not be searched any more; opening the name will
      // report why.
      if (errnoOf(error) === undefined) throw error;
      return false;
    }
  }

  isDeleted(): boolean {
    return fstatSync(this.fd).nlink === 0;
  }

  // No system call renames a file only if it is a certain one, so what was renamed is looked at afterwards.
  renameWith(name: string): boolean {
    renameSync(this.path, name);
    const isOurs = this.is(lstatSync(name, { bigint: true, throwIfNoEntry: false }));
    if (!isOurs) giveBack(name, this.path);
    syncDirectory(this.path);
    return isOurs;
  }

  read(into: Buffer, position: number): number {
    return readSync(this.fd, into, 0, into.length, position);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.fd);
  }
}

/** Undoes the renaming of another program's file, unless that has put yet another one in its place. @throws the system error */
function giveBack(name: string, path: string): void {
  linkSync(name, path);
  unlinkSync(name);
}

/**
 * Appends a range of one output to another.
 *
 * @returns how many bytes there were
 */
export function copyBytes(from: Output, to: Output, [start, end]: readonly [start: number, end: number]): number {
  const step = Buffer.allocUnsafe(COPY_BYTES);
  let at = start;
  while (at < end) {
    const bytes = from.read(step.subarray(0, Math.min(step.length, end - at)), at);
    if (bytes === 0) break;
    for (let done = 0; done < bytes; ) done += writeSync(to.fd, step, done, bytes - done);
    to.grown(bytes);
    at += bytes;
  }
  return at - start;
}
