import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Backpressure } from "../../core/backpressure.ts";
import { CLOSE_ANSWER_MS_MAX } from "../../core/limits.ts";
import { RETRY_MS_MIN } from "../../core/tuning.ts";
import { countLines } from "../../core/whole-lines.ts";
import { SHUT_WR, SO_ERROR, SOL_SOCKET } from "../../os/constants.ts";
import { close, errnoName, read, shutdown, write } from "../../os/libc.ts";
import { Readiness } from "../../os/readiness.ts";
import { descriptorOf, duplicate, getOption } from "../../os/socket-options.ts";
import { SentMarks } from "./sent-marks.ts";
import { Writability } from "./writability.ts";

/** What a sender must know about its kind of connection. */
export interface StreamKind {
  /** Bytes that our kernel accepted and the other side's has not; an unacknowledged FIN counts as one. */
  unarrivedBytes(fd: number): number;
  /** Most bytes that the other side's kernel may hold that its program has not read. */
  unreadBytesMax(fd: number): number;
  /** What the error of a write says about the connection. */
  diagnose(fd: number, errno: string): "reset" | "reset after a FIN" | "refused";
}

/** One connection of a sender. */
export interface SenderLink {
  /** The other side is closing or gone: blocks that are not begun yet go to another listener. */
  readonly isAsked: boolean;
  /** Nothing can be written any more. */
  readonly isOver: boolean;
  /** Nothing was ever written. */
  readonly isUnused: boolean;
  /**
   * @param count number of the block's lines
   * @returns bytes that were taken: fewer than all while no more can be written, or when the link is over
   */
  write(block: Buffer, count: number): number;
  /** Resolves when bytes can be written again, or the link is over. */
  writable(): Backpressure;
  /** Left out where the kernel has what was taken. Resolves when it has, or the link is over. */
  accepted?(): Backpressure;
  /**
   * Ends the link in order: waits until everything has arrived and the other side closes too.
   *
   * @returns number of lines that were taken and that may be lost
   */
  end(): Promise<number>;
  /** Closes at once. */
  close(): void;
}

/** One read of what a listener sends back, which is ignored. */
const REPLIES_BYTES = 4096;

/**
 * How long to wait for the last acknowledgement of a listener that is closing: it has ended by then (operations.md).
 */
export const ARRIVAL_MS_MAX = 2000;

/**
 * One connection of a sender. It writes through a descriptor of its own, so that the bytes that the kernel accepted are
 * known exactly.
 */
export class StreamLink implements SenderLink {
  readonly #fd: number;
  readonly #kind: StreamKind;
  readonly #readable: Readiness;
  readonly #writableFd: number;
  readonly #writability: Writability;
  readonly #marks = new SentMarks();
  readonly #memory = Buffer.allocUnsafe(REPLIES_BYTES);
  #asked = false;
  #reset = false;
  #refused = false;
  #closed = false;
  #finBytes = 0;
  #onEnd: () => void = () => {};

  /**
   * @param socket connected and unread; the link takes its descriptor over
   * @param asked called when the other side is closing
   */
  constructor(socket: Socket, kind: StreamKind, asked: () => void) {
    this.#kind = kind;
    this.#fd = duplicate(descriptorOf(socket));
    this.#writableFd = duplicate(this.#fd); // libuv watches a descriptor only once
    socket.destroy();
    this.#writability = new Writability(this.#writableFd);
    this.#readable = new Readiness(this.#fd, "readable", () => {
      this.#readReplies();
      if (this.isAsked) asked();
    });
    this.#readable.start();
  }

  get isAsked(): boolean {
    return this.#asked || this.isOver;
  }

  get isOver(): boolean {
    return this.#refused || this.#reset || this.#closed;
  }

  get isUnused(): boolean {
    return this.#marks.bytes === 0;
  }

  write(block: Buffer, count: number): number {
    const taken = this.isOver ? 0 : write(this.#fd, block, block.length);
    if (taken <= 0) {
      if (taken < 0) this.#failed(errnoName());
      return 0;
    }
    this.#marks.note(taken, taken === block.length ? count : countLines(block.subarray(0, taken)));
    return taken;
  }

  writable(): Promise<void> {
    return this.#writability.wait();
  }

  async end(): Promise<number> {
    if (shutdown(this.#fd, SHUT_WR) === 0) this.#finBytes = 1;
    await this.#untilEnded();
    const deadline = performance.now() + ARRIVAL_MS_MAX;
    while (this.#asked && !this.#isSettled() && performance.now() < deadline) await pause(RETRY_MS_MIN);
    const lines = this.#marks.linesInLast(this.#doubtfulBytes());
    this.close();
    return lines;
  }

  /** Closes at once. The kernel still delivers what it accepted. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#readable.close();
    this.#writability.close();
    close(this.#fd);
    close(this.#writableFd);
  }

  /** Waits, for a limited time, until the other side closes or the connection is reset. */
  async #untilEnded(): Promise<void> {
    if (!this.#asked) this.#readReplies();
    if (this.#asked || this.#reset) return;
    const patience = setTimeout(() => this.#onEnd(), CLOSE_ANSWER_MS_MAX);
    await new Promise<void>((resolve) => {
      this.#onEnd = resolve;
    });
    clearTimeout(patience);
  }

  /** Everything has arrived, or the connection was reset. */
  #isSettled(): boolean {
    if (getOption(this.#fd, SOL_SOCKET, SO_ERROR) !== 0) this.#reset = true;
    return this.#reset || this.#unarrivedBytes() === 0;
  }

  #unarrivedBytes(): number {
    return Math.max(0, this.#kind.unarrivedBytes(this.#fd) - this.#finBytes);
  }

  /**
   * The last bytes written that may be lost. A side that closes (FIN) has read what its kernel acknowledged; of one
   * that was reset without a FIN, whatever its kernel can hold may be unread.
   */
  #doubtfulBytes(): number {
    if (this.#asked) return this.#unarrivedBytes();
    return this.#reset ? this.#unarrivedBytes() + this.#kind.unreadBytesMax(this.#fd) : 0;
  }

  #readReplies(): void {
    // A connection that was reset also reads as ended, which says nothing about a FIN.
    for (let bytes = this.#closed || this.#reset ? 0 : 1; bytes > 0; ) {
      bytes = read(this.#fd, this.#memory, this.#memory.length);
      if (bytes === 0) this.#asked = true;
      else if (bytes < 0 && !isPassing(errnoName())) this.#reset = true;
    }
    if (!this.#asked && !this.#reset) return;
    this.#readable.stop();
    this.#onEnd();
  }

  #failed(errno: string): void {
    if (isPassing(errno)) return;
    const diagnosis = this.#kind.diagnose(this.#fd, errno);
    this.#refused = true;
    this.#reset = diagnosis !== "refused";
    this.#asked ||= diagnosis === "reset after a FIN";
  }
}

function isPassing(errno: string): boolean {
  return errno === "EAGAIN" || errno === "EINTR" || errno === "ENOBUFS" || errno === "ENOMEM";
}
