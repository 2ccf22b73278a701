import { closeSync } from "node:fs";
import { FIFO_BUFFER_BYTES, RECEIVE_BYTES_PER_ITERATION } from "../../core/tuning.ts";
import { LINE_FEED } from "../../core/whole-lines.ts";
import { errnoError, errnoName, read } from "../../os/libc.ts";
import { bytesInPipe, growPipe, openAnchor } from "../../os/pipe.ts";
import { Readiness } from "../../os/readiness.ts";
import type { StreamReceiver } from "../transport.ts";
import { endFifo } from "./fifo-end.ts";
import { readLineEnd } from "./line-end.ts";

/** The descriptors of an open FIFO. */
export interface OpenFifo {
  readonly fd: number;
  /** See openAnchor(). */
  readonly anchor?: number | undefined;
}

/** Where a reader's bytes go, and its events. */
export interface FifoReaderOptions {
  /** Read buffer; may be shared, because nothing stays in it between iterations. */
  readonly memory: Buffer;
  /** Returns a receiver for the bytes from here on. */
  accept(): StreamReceiver;
  /** The last writer has closed the FIFO, and its receiver has got all bytes. */
  lastWriterGone(): void;
  /** A retired reader has read everything and is closed. */
  ended(): void;
  fail(error: Error): void;
}

/**
 * Reads one FIFO while writers come and go.
 *
 * A FIFO without writers is at end of file, which epoll(7) reports continuously. So while there are no writers, the
 * reader has an anchor open: the same FIFO, opened for writing too. It closes the anchor when bytes arrive, so that it
 * sees the end when the last writer closes the FIFO. Then a line without an LF is complete.
 */
export class FifoReader {
  readonly #fd: number;
  readonly #options: FifoReaderOptions;
  readonly #readiness: Readiness;
  readonly #bufferBytes: number;
  #anchor: number | undefined;
  #receiver: StreamReceiver | undefined;
  #unfinished = false;
  #retired = false;
  #closed = false;

  /** @param descriptors owned by the reader from now on */
  constructor({ fd, anchor }: OpenFifo, options: FifoReaderOptions) {
    this.#fd = fd;
    this.#anchor = anchor;
    this.#options = options;
    this.#bufferBytes = growPipe(fd, FIFO_BUFFER_BYTES);
    this.#readiness = new Readiness(fd, "readable", () => this.#readSome());
    this.#readiness.start();
  }

  /** Call this when the FIFO has lost its name: nobody can open it any more, so it ends with its last writer. */
  retire(): void {
    this.#retired = true;
    this.#closeAnchor();
  }

  /**
   * Reads the pipe to its end and closes it. Backpressure is ignored, because only one or two buffers are left.
   *
   * @returns bytes left in the pipe, as from endFifo()
   */
  async close(): Promise<number> {
    if (this.#closed) return 0;
    this.#closed = true;
    this.#readiness.close();
    this.#closeAnchor();
    const memory = Buffer.allocUnsafeSlow(this.#bufferBytes);
    const left = await endFifo(this.#fd, memory, (chunk) => this.#handOver(chunk));
    this.#receiver?.end();
    return left;
  }

  /**
   * Closes the descriptors of a FIFO that stays open elsewhere. The line that has begun is read to its end, as far as
   * it is there; all else is left to the next reader. Backpressure is ignored.
   *
   * @returns bytes left in the pipe
   */
  async leave(): Promise<number> {
    if (this.#closed) return 0;
    this.#closed = true;
    this.#readiness.close();
    if (this.#unfinished) await readLineEnd(this.#fd, this.#options.memory, (chunk) => this.#handOver(chunk));
    const left = bytesInPipe(this.#fd);
    this.#closeAnchor();
    closeSync(this.#fd);
    this.#receiver?.end();
    return left;
  }

  #readSome(): void {
    const { memory } = this.#options;
    for (let readBytes = 0; readBytes < RECEIVE_BYTES_PER_ITERATION; readBytes += memory.length) {
      const bytes = read(this.#fd, memory, memory.length);
      if (bytes <= 0) {
        if (bytes === 0) this.#lastWriterGone();
        else this.#readFailed();
        return;
      }
      this.#closeAnchor();
      const paused = this.#handOver(bytes === memory.length ? memory : memory.subarray(0, bytes));
      if (paused || bytes < memory.length) return;
    }
  }

  /** @returns whether the receiver asked for a pause */
  #handOver(chunk: Buffer): boolean {
    this.#unfinished = chunk[chunk.length - 1] !== LINE_FEED;
    this.#receiver ??= this.#options.accept();
    const backpressure = this.#receiver.receive(chunk);
    if (backpressure === undefined || this.#closed) return false;
    this.#readiness.stop();
    void backpressure.then(() => this.#readiness.start());
    return true;
  }

  #lastWriterGone(): void {
    if (this.#unfinished) {
      this.#receiver?.end();
      this.#receiver = undefined;
      this.#unfinished = false;
    }
    if (this.#retired) {
      this.#shut();
      this.#receiver?.end();
      this.#options.ended();
      return;
    }
    try {
      this.#anchor ??= openAnchor(this.#fd);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#options.lastWriterGone();
  }

  #readFailed(): void {
    const code = errnoName();
    if (code !== "EAGAIN" && code !== "EINTR") this.#fail(errnoError("read"));
  }

  #fail(error: unknown): void {
    this.#readiness.stop();
    this.#options.fail(error instanceof Error ? error : new Error(String(error)));
  }

  #closeAnchor(): void {
    if (this.#anchor === undefined) return;
    closeSync(this.#anchor);
    this.#anchor = undefined;
  }

  #shut(): void {
    this.#closed = true;
    this.#readiness.close();
    this.#closeAnchor();
    closeSync(this.#fd);
  }
}
