import { FIFO_READ_BYTES } from "../../core/tuning.ts";
import type { LeftInQueue, Listener, ListenerOptions, ListenerStats, Listening } from "../transport.ts";
import { FifoReader } from "./fifo-reader.ts";

/**
 * Reads a FIFO that another process opened and keeps open: its path isn't watched, and nothing there is made, locked
 * or removed. systemd opens it for writing too, so no writer is ever the last one: a line without an LF is completed
 * by the next writer, or ends at the stop.
 */
export class InheritedFifoListener implements Listener {
  readonly #listening: Listening;
  readonly #fd: number;
  readonly #options: ListenerOptions<"stream">;
  #reader: FifoReader | undefined;
  #channels = 0;
  #leftInQueue: LeftInQueue | undefined;
  #closing: Promise<void> | undefined;

  constructor(fd: number, listening: Listening, options: ListenerOptions<"stream">) {
    this.#fd = fd;
    this.#listening = listening;
    this.#options = options;
  }

  async listen(): Promise<Listening> {
    this.#reader = new FifoReader(
      { fd: this.#fd },
      {
        memory: Buffer.allocUnsafeSlow(FIFO_READ_BYTES),
        accept: () => this.#options.accept({ id: ++this.#channels }),
        lastWriterGone: () => {},
        ended: () => {},
        fail: (error) => this.#options.fail(error),
      },
    );
    return this.#listening;
  }

  stats(): ListenerStats {
    const counts = { accepted: 0, refused: 0, cutSenders: 0, cutBytes: 0, kernelDrops: 0 };
    return { senders: null, ...counts, leftInQueue: this.#leftInQueue };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (this.#reader === undefined) return;
    this.#leftInQueue = { unit: "bytes", count: await this.#reader.leave() };
  }
}
