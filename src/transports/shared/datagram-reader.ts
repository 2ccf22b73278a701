import { setImmediate as nextIteration } from "node:timers/promises";
import { DRAIN_MS_MAX, DRAIN_PAUSE_MS_MAX } from "../../core/limits.ts";
import { RECEIVE_BATCHES_PER_ITERATION, RECEIVE_BYTES_PER_ITERATION } from "../../core/tuning.ts";
import type { SenderKind } from "../../os/message-headers.ts";
import { Readiness } from "../../os/readiness.ts";
import type { MessageReceiver } from "../transport.ts";
import { DatagramSlots } from "./datagram-slots.ts";

/**
 * The kernel's drop counter is a u32 that wraps, so it is read once per this many batches: after at most a million
 * messages, and rarely enough not to cost anything.
 */
const DROPS_READ_BATCHES = 4096;

/** Where a reader's messages come from and go to. */
export interface DatagramReaderOptions {
  /** A bound, non-blocking datagram socket; stays the caller's. */
  readonly fd: number;
  /** Longest message that is received whole. */
  readonly messageBytesMax: number;
  /** What to ask the kernel about senders. */
  readonly senders: SenderKind | undefined;
  readonly receiver: MessageReceiver;
  /** Called after every DROPS_READ_BATCHES batches, to read a counter that wraps. */
  readDrops(): void;
  /** The socket can't be read any more. */
  fail(error: Error): void;
}

/** Reads messages from a socket, a bounded number per iteration, and pauses while the receiver asks for it. */
export class DatagramReader {
  readonly #options: DatagramReaderOptions;
  readonly #slots: DatagramSlots;
  readonly #readiness: Readiness;
  #pause: Promise<void> | undefined;
  #batches = 0;

  constructor(options: DatagramReaderOptions) {
    this.#options = options;
    this.#slots = new DatagramSlots(options.messageBytesMax, options.senders);
    this.#readiness = new Readiness(options.fd, "readable", () => this.#readSome());
    this.#readiness.start();
  }

  /**
   * Stops watching and reads until nothing is left. The receiver gets the pauses that it asks for, up to
   * DRAIN_PAUSE_MS_MAX in total; then the rest is passed on without waiting, so that it is stored or counted. Ends
   * within DRAIN_MS_MAX.
   */
  async drain(): Promise<void> {
    this.#readiness.close();
    const start = performance.now();
    for (let ms = 0; ms < DRAIN_MS_MAX; ms = performance.now() - start) {
      if (this.#pause !== undefined && ms < DRAIN_PAUSE_MS_MAX) await waitAtMost(this.#pause, DRAIN_PAUSE_MS_MAX - ms);
      else if (this.#readSome()) await nextIteration();
      else return;
    }
  }

  /** Stops watching for good; what waits stays in the socket. */
  stop(): void {
    this.#readiness.close();
  }

  /** @returns false when the socket has no more messages */
  #readSome(): boolean {
    let bytes = 0;
    for (let batch = 0; batch < RECEIVE_BATCHES_PER_ITERATION && bytes < RECEIVE_BYTES_PER_ITERATION; batch++) {
      const failure = this.#slots.fill(this.#options.fd);
      if (failure !== undefined) {
        this.#readiness.stop();
        this.#options.fail(failure);
        return false;
      }
      if (this.#slots.count > 0) this.#handOver();
      if (!this.#slots.full) return false;
      if (this.#pause !== undefined) return true;
      bytes += this.#slots.totalBytes();
    }
    return true;
  }

  #handOver(): void {
    if (++this.#batches % DROPS_READ_BATCHES === 0) this.#options.readDrops();
    const backpressure = this.#options.receiver.receiveBatch(this.#slots);
    if (backpressure === undefined) return;
    this.#readiness.stop();
    this.#pause = backpressure.then(() => {
      this.#pause = undefined;
      this.#readiness.start();
    });
  }
}

/** Waits for a promise, but at most this long. */
async function waitAtMost(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}
