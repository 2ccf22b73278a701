import { closeSync, write, writeSync } from "node:fs";
import { type Backpressure, Gate } from "../core/backpressure.ts";
import { errnoOf } from "../core/errors.ts";
import { SLOW_WRITE_MS, STALL_RETRY_MS_MAX, STALL_RETRY_MS_MIN, WRITE_BYTES } from "../core/limits.ts";
import type { Sink, SinkStats } from "./sink.ts";
import { WriteQueue } from "./write-queue.ts";

/** Writes in a row that must be fast before the file is written on the main thread again. */
const FAST_WRITES = 8;

export interface FileSinkOptions {
  /** Bytes that may wait before room() asks callers to. */
  readonly queueBytesMax: number;
  /** How long close() goes on trying a file that refuses writes, milliseconds. */
  readonly closeMsMax: number;
  /** The file refuses writes (`errno`), or takes them again (undefined). */
  stalled(errno: string | undefined): void;
}

/**
 * A file as a sink. What arrives in one turn of the event loop leaves by one write(2) at its end, on the main thread: a
 * write to the page cache costs less than a hop to a worker thread. When a write turns out slow, the following go
 * through the thread pool until the file is fast again, so that signals and other transports are served meanwhile.
 * When the file refuses (disk full), everything is held and tried again: nothing is dropped, callers wait by room().
 */
export class FileSink implements Sink {
  readonly #fd: number;
  readonly #options: FileSinkOptions;
  readonly #queue = new WriteQueue(WRITE_BYTES);
  readonly #gate = new Gate();
  readonly #idle = new Gate();
  #lines = 0;
  #bytes = 0;
  #unwritten = 0;
  #flushArmed = false;
  #writing = false;
  #fastWrites = FAST_WRITES;
  #stall: string | undefined;
  #stallTold = false;
  #retryMs = STALL_RETRY_MS_MIN;
  #retry: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  /** @param fd open for appending; owned by the sink from now on */
  constructor(fd: number, options: FileSinkOptions) {
    this.#fd = fd;
    this.#options = options;
  }

  append(lines: Buffer, count: number): void {
    this.#lines += count;
    this.#bytes += lines.length;
    this.#queue.push(lines);
    if (this.#queue.hasSealed) this.#flush();
    else if (!this.#flushArmed) {
      this.#flushArmed = true;
      setImmediate(this.#flushAtEndOfTurn);
    }
    if (this.#queue.bytes > this.#options.queueBytesMax) this.#gate.close();
  }

  room(): Backpressure {
    return this.#gate.pass();
  }

  stats(): SinkStats {
    return {
      linesAppended: this.#lines,
      bytesAppended: this.#bytes,
      bytesWritten: this.#bytes - this.#queue.bytes,
      bytesQueued: this.#queue.bytes,
      linesUnwritten: this.#unwritten,
      stalled: this.#stall,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #flushAtEndOfTurn = (): void => {
    this.#flushArmed = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#writing || this.#stall !== undefined) return;
    for (let slab = this.#queue.head(); slab !== undefined; slab = this.#queue.head()) {
      if (this.#fastWrites < FAST_WRITES) {
        this.#writeOnPool();
        return;
      }
      const started = performance.now();
      try {
        this.#written(writeSync(this.#fd, slab.memory, slab.done, slab.used - slab.done), started);
      } catch (error) {
        if (!this.#refused(error)) throw error;
        return;
      }
    }
    this.#idle.open();
  }

  #writeOnPool(): void {
    const slab = this.#queue.head();
    if (slab === undefined) return;
    this.#writing = true;
    const started = performance.now();
    write(this.#fd, slab.memory, slab.done, slab.used - slab.done, null, (error, bytes) => {
      this.#writing = false;
      if (error === null) this.#written(bytes, started);
      else if (!this.#refused(error)) throw error;
      this.#flush();
    });
  }

  #written(bytes: number, started: number): void {
    this.#queue.written(bytes);
    this.#fastWrites = performance.now() - started > SLOW_WRITE_MS ? 0 : this.#fastWrites + 1;
    this.#retryMs = STALL_RETRY_MS_MIN;
    if (this.#stallTold) {
      this.#stallTold = false;
      this.#options.stalled(undefined);
    }
    if (this.#queue.bytes <= this.#options.queueBytesMax / 2) this.#gate.open();
  }

  /** Arms a retry and returns true; false for an error that no waiting can mend. */
  #refused(error: unknown): boolean {
    const errno = errnoOf(error);
    if (errno === undefined || errno === "EBADF" || errno === "EINVAL") return false;
    this.#stall = errno;
    this.#stallTold = true;
    this.#options.stalled(errno);
    this.#retry = setTimeout(() => this.#tryAgain(), errno === "EINTR" || errno === "EAGAIN" ? 0 : this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, STALL_RETRY_MS_MAX);
    return true;
  }

  #tryAgain(): void {
    this.#stall = undefined;
    this.#flush();
  }

  async #close(): Promise<void> {
    this.#flush();
    if (this.#queue.bytes > 0) await this.#drained();
    clearTimeout(this.#retry);
    this.#unwritten = this.#queue.lines();
    // A write that hangs in the pool still uses the descriptor; it ends with the process.
    if (!this.#writing) closeSync(this.#fd);
  }

  /** Resolves when all is written or the time for closing is up. */
  async #drained(): Promise<void> {
    this.#idle.close();
    const timer = setTimeout(() => this.#idle.open(), this.#options.closeMsMax);
    await this.#idle.pass();
    clearTimeout(timer);
  }
}
