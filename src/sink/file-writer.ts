import { writev } from "node:fs";
import { errnoOf, isTransient } from "../core/errors.ts";
import {
  DIRECT_WRITE_BYTES_MIN,
  POOL_WRITE_BYTES_MAX,
  STALL_RETRY_MS_MAX,
  STALL_RETRY_MS_MIN,
} from "../core/tuning.ts";
import { errnoError, write } from "../os/libc.ts";
import { WritePace } from "./write-pace.ts";
import type { Slab, WriteQueue } from "./write-queue.ts";

export interface FileWriterOptions {
  /** Where to write, as long as there is a descriptor; lines wait while there is none. */
  readonly file: { readonly fd: number | undefined; onWritable(resume: () => void): void };
  /** A sync of the file is under way: a write may have to wait for it (10 to 16 ms, measured on ext4). */
  isSyncing(): boolean;
  /** Bytes were written; `whole` when they end with a line. */
  wrote(bytes: number, whole: boolean): void;
  /** Nothing waits to be written. */
  idle(): void;
  /** The file refuses writes (`errno`), or accepts them again (undefined). */
  stalled(errno: string | undefined): void;
}

/**
 * Writes lines to the file, through the queue or directly: on the main thread while writes are fast, on the thread pool
 * during a sync and while the file is slow (WritePace). While the file refuses, it only retries.
 */
export class FileWriter {
  readonly #queue: WriteQueue;
  readonly #options: FileWriterOptions;
  #flushing = false;
  #onPool = false;
  readonly #pace: WritePace = new WritePace();
  #stall: string | undefined;
  #isStallReported = false;
  #retryMs = STALL_RETRY_MS_MIN;
  #retry: NodeJS.Timeout | undefined;

  constructor(queue: WriteQueue, options: FileWriterOptions) {
    this.#queue = queue;
    this.#options = options;
  }

  /** The errno of the present refusal. */
  get stall(): string | undefined {
    return this.#stall;
  }

  /** A worker thread is writing: the descriptor must stay. */
  get onPool(): boolean {
    return this.#onPool;
  }

  /**
   * Writes whole lines. Urgent lines and long blocks are written directly when nothing waits; anything else is copied
   * to the queue, to be written together with what follows.
   */
  write(lines: Buffer, isUrgent: boolean): void {
    const { fd } = this.#options.file;
    if (fd !== undefined && (isUrgent || lines.length >= DIRECT_WRITE_BYTES_MIN) && this.#isFree) {
      this.#writeThrough(fd, lines);
      return;
    }
    this.#queue.push(lines);
    if (isUrgent || this.#queue.hasSealed) this.flush();
  }

  flush(): void {
    if (this.#flushing) return; // called from a callback of #drain(), whose loop continues
    this.#flushing = true;
    try {
      this.#drain();
    } finally {
      this.#flushing = false;
    }
  }

  #drain(): void {
    while (!this.#onPool && this.#stall === undefined) {
      const { fd } = this.#options.file;
      if (fd === undefined) return;
      const slab = this.#queue.head();
      if (slab === undefined) {
        this.#options.idle();
        return;
      }
      if (this.#isSlow) {
        this.#writeOnPool(fd);
        return;
      }
      this.#writeNow(fd, slab);
    }
  }

  /** Continues immediately, because something about the file has changed, even if it refused before. */
  retry(): void {
    clearTimeout(this.#retry);
    this.#stall = undefined;
    this.flush();
  }

  close(): void {
    clearTimeout(this.#retry);
  }

  /** Nothing waits, no write is under way or refused, and written lines needn't be retained. */
  get #isFree(): boolean {
    if (this.#queue.bytes > 0 || this.#queue.retains || this.#flushing) return false;
    return !this.#onPool && this.#stall === undefined && !this.#isSlow;
  }

  /** A write may take long, so it must not block the event loop. */
  get #isSlow(): boolean {
    return this.#pace.isSlow || this.#options.isSyncing();
  }

  /** What the file doesn't accept goes to the queue, and so does what follows. */
  #writeThrough(fd: number, lines: Buffer): void {
    const started = performance.now();
    const bytes = write(fd, lines, lines.length);
    if (bytes !== lines.length) this.#queue.push(lines);
    if (bytes < 0) this.#failed(errnoError("write"));
    else this.#written(bytes, lines.length, started);
  }

  #writeNow(fd: number, { memory, done, used }: Slab): void {
    const length = used - done;
    const started = performance.now();
    const bytes = write(fd, done === 0 ? memory : memory.subarray(done), length);
    if (bytes < 0) this.#failed(errnoError("write"));
    else this.#written(bytes, length, started);
  }

  /** Writes what has gathered: the next call begins at least one iteration of the event loop later. */
  #writeOnPool(fd: number): void {
    this.#onPool = true;
    const buffers = this.#queue.oldest(POOL_WRITE_BYTES_MAX);
    const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    const started = performance.now();
    writev(fd, buffers, null, (error, bytes) => {
      this.#onPool = false;
      if (error === null) this.#written(bytes, length, started);
      else this.#failed(error);
      this.flush();
    });
  }

  #written(bytes: number, asked: number, started: number): void {
    this.#pace.note(asked, performance.now() - started);
    this.#retryMs = STALL_RETRY_MS_MIN;
    if (this.#queue.bytes > 0) this.#queue.written(bytes); // otherwise they were written directly
    if (this.#isStallReported) {
      this.#isStallReported = false;
      this.#options.stalled(undefined);
    }
    this.#options.wrote(bytes, bytes === asked);
  }

  /** Waits until the file accepts lines again. @throws an error that waiting can't fix */
  #failed(error: Error): void {
    const errno = errnoOf(error);
    if (errno === undefined || errno === "EBADF" || errno === "EINVAL" || errno === "EFAULT") throw error;
    this.#stall = errno;
    this.#isStallReported = true;
    if (isTransient(errno)) {
      this.#options.file.onWritable(() => this.retry());
    } else {
      this.#retry = setTimeout(() => this.retry(), this.#retryMs);
      this.#retryMs = Math.min(2 * this.#retryMs, STALL_RETRY_MS_MAX);
    }
    this.#options.stalled(errno);
  }
}
