import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { openOutput } from "./open-output.ts";

/** An output as it is open now: one descriptor, and the name it was opened by, which may come to mean another file. */
export interface Output {
  readonly path: string;
  readonly fd: number;
  readonly openedAtMs: number;
  /** Bytes in the file, as far as this process wrote them. */
  readonly bytes: number;
  grown(bytes: number): void;
  /** Whether the path still names this very file. */
  isNamed(): boolean;
  /** Whether the file has no name left: what is written to it is gone when it is closed. */
  isDeleted(): boolean;
  /** Gives the file another name in the same directory. @returns that name */
  setAside(suffix: string): string;
  /** Reads from a place in the file; fewer bytes at its end. */
  read(into: Buffer, position: number): number;
  close(): void;
}

/** A regular file, locked. */
export class OutputFile implements Output {
  readonly path: string;
  readonly fd: number;
  readonly openedAtMs: number;
  readonly #dev: bigint;
  readonly #ino: bigint;
  #bytes: number;
  #closed = false;

  /**
   * Opens and locks; a file that wasn't there is made, and its name synced. @throws OperationalError as openOutput()
   *
   * @param nowMs the clock that openedAtMs is read against
   */
  constructor(path: string, mode: number, nowMs: number) {
    const isNew = statSync(path, { throwIfNoEntry: false }) === undefined;
    this.path = path;
    this.fd = openOutput(path, mode);
    const { dev, ino, size } = fstatSync(this.fd, { bigint: true });
    this.#dev = dev;
    this.#ino = ino;
    this.#bytes = Number(size);
    this.openedAtMs = nowMs;
    if (isNew) syncDirectory(path);
  }

  get bytes(): number {
    return this.#bytes;
  }

  grown(bytes: number): void {
    this.#bytes += bytes;
  }

  // While the file is open its inode can't be reused, so equal numbers mean this very file.
  isNamed(): boolean {
    const named = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    return named?.dev === this.#dev && named.ino === this.#ino;
  }

  isDeleted(): boolean {
    return fstatSync(this.fd).nlink === 0;
  }

  setAside(suffix: string): string {
    const aside = `${this.path}.${suffix}`;
    renameSync(this.path, aside);
    syncDirectory(this.path);
    return aside;
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

/** A new name survives a power cut only when its directory has been synced (fsync(2)). */
export function syncDirectory(path: string): void {
  const fd = openSync(dirname(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
