import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import { FULL_READS_MAX } from "../../core/tuning.ts";
import { errnoName, read } from "../../os/libc.ts";
import type { ChannelInput, InputReceiver } from "./channel-input.ts";

/** A connection that is read as it is, into memory that all connections of a listener share. */
export class SocketInput implements ChannelInput {
  readonly output: Socket;
  readonly closed: Promise<void>;
  readonly #fd: number;
  readonly #memory: Buffer;
  readonly #receiver: InputReceiver;
  #bytes = 0;
  /** Consecutive reads that filled the buffer. */
  #fullReads = 0;

  /** @param memory libuv fills it and passes it on before it reads anything else */
  constructor(fd: number, memory: Buffer, receiver: InputReceiver) {
    this.#fd = fd;
    this.#memory = memory;
    this.#receiver = receiver;
    receiver.begin();
    const onread: OnReadOpts = {
      buffer: memory,
      callback: (bytes) => {
        this.#bytes += bytes;
        if (bytes === memory.length) return receiver.receive(memory) && this.#mayReadOn();
        this.#fullReads = 0;
        return receiver.receive(memory.subarray(0, bytes));
      },
    };
    // `onread` is documented for net.Socket's constructor (Node's net), but missing from its type there.
    const options: SocketConstructorOpts & { onread: OnReadOpts } = { fd, readable: true, writable: true, onread };
    this.output = new Socket(options);
    // A reset ends the channel as a close does; the bytes before it count.
    this.output.on("error", () => {});
    this.closed = new Promise((resolve) => {
      this.output.once("close", () => resolve());
    });
    this.output.resume();
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isOver(): boolean {
    return this.output.destroyed;
  }

  pause(): void {
    this.output.pause();
  }

  resume(): void {
    this.output.resume();
  }

  end(): void {
    this.output.end();
  }

  destroy(): void {
    this.output.destroy();
  }

  readRest(): "empty" | "ended" | "paused" {
    while (!this.#receiver.isWaiting) {
      const bytes = read(this.#fd, this.#memory, this.#memory.length);
      if (bytes <= 0) return bytes === 0 || errnoName() !== "EAGAIN" ? "ended" : "empty";
      this.#bytes += bytes;
      this.#receiver.receive(this.#memory.subarray(0, bytes));
    }
    return "paused";
  }

  dropRest(): number {
    let dropped = 0;
    for (let bytes = 1; bytes > 0; dropped += Math.max(0, bytes))
      bytes = read(this.#fd, this.#memory, this.#memory.length);
    return dropped;
  }

  /** @returns false after FULL_READS_MAX full buffers: the channel is read again in the next iteration of the event loop */
  #mayReadOn(): boolean {
    this.#fullReads++;
    if (this.#fullReads < FULL_READS_MAX) return true;
    this.#fullReads = 0;
    setImmediate(this.#readOn);
    return false;
  }

  readonly #readOn = (): void => {
    if (!this.#receiver.isWaiting) this.output.resume();
  };
}
