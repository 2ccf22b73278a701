import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import { type Backpressure, Gate } from "../../core/backpressure.ts";
import { FINISH_MS_MAX, REPLY_BYTES_MAX } from "../../core/limits.ts";
import type { Peer } from "../../core/peer.ts";
import { FULL_READS_MAX } from "../../core/tuning.ts";
import { errnoName, read } from "../../os/libc.ts";
import type { Accept, Channel, Connection, StreamReceiver } from "../transport.ts";
import type { AcceptedChannel } from "./accepted-channel.ts";

/** How long the input of a refused sender is still read before it is cut, so that the sender can read the refusal. */
const REFUSED_MS_MAX = 5000;

export interface StreamChannelOptions {
  readonly id: number;
  /** An accepted, non-blocking socket; owned by the channel from now on. */
  readonly fd: number;
  /** Read buffer of all channels: libuv fills it and passes it on before it reads anything else. */
  readonly memory: Buffer;
  readonly accept: Accept<"stream">;
  /** Who is at the other end, as the kernel says. */
  peer(): Peer;
  /** Called when the receiver asked for a pause. */
  onPause(): void;
}

/** One accepted connection: passes its socket's bytes to its receiver, in memory that all connections share. */
export class StreamChannel implements AcceptedChannel, Channel, Connection {
  readonly id: number;
  readonly connection: Connection = this;
  readonly fd: number;
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #onPause: () => void;
  readonly #peer: () => Peer;
  /** Closed while replies wait until the sender reads them. */
  readonly #unread = new Gate();
  #receiver: StreamReceiver;
  readonly #memory: Buffer;
  #bytes = 0;
  /** Consecutive reads that filled the buffer. */
  #fullReads = 0;
  #waiting = false;
  #isPaused = false;
  #isActive = false;
  #replied = false;
  #stopped = false;

  constructor({ id, fd, memory, accept, peer, onPause }: StreamChannelOptions) {
    this.id = id;
    this.fd = fd;
    this.#memory = memory;
    this.#onPause = onPause;
    this.#peer = peer;
    this.#receiver = accept(this);
    const onread: OnReadOpts = {
      buffer: memory,
      callback: (bytes) => {
        this.#bytes += bytes;
        if (bytes === memory.length) return this.#receive(memory) && this.#mayReadOn();
        this.#fullReads = 0;
        return this.#receive(memory.subarray(0, bytes));
      },
    };
    // `onread` is documented for net.Socket's constructor (Node's net), but missing from its type there.
    const options: SocketConstructorOpts & { onread: OnReadOpts } = { fd, readable: true, writable: true, onread };
    this.#socket = new Socket(options);
    // A reset ends the channel as a close does; the bytes before it count.
    this.#socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      this.#socket.once("close", () => {
        this.#receiver.end();
        resolve();
      });
    });
    this.#socket.resume();
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isOver(): boolean {
    return this.#socket.destroyed;
  }

  get hasReplies(): boolean {
    return this.#replied;
  }

  get isWaiting(): boolean {
    return this.#waiting || this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#stopped) this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#waiting && !this.#stopped) this.#socket.resume();
  }

  wasActive(): boolean {
    const wasActive = this.#isActive;
    this.#isActive = false;
    return wasActive;
  }

  reply(lines: Buffer): Backpressure {
    if (!this.#socket.writable) return undefined;
    this.#replied = true;
    this.#socket.write(lines, this.#replyRead);
    if (this.#socket.writableLength > REPLY_BYTES_MAX) this.#unread.close();
    return this.#unread.pass();
  }

  readonly #replyRead = (): void => {
    if (this.#socket.writableLength === 0) this.#unread.open();
  };

  peer(): Peer {
    return this.#peer();
  }

  handTo(receiver: StreamReceiver): void {
    this.#receiver = receiver;
  }

  /** What the sender still writes is read and dropped, so that it can read the replies: see finish(). */
  close(): void {
    this.#stopped = true;
    this.#socket.resume();
    void this.finish(REFUSED_MS_MAX);
  }

  /** Asks the sender, with a FIN, to stop. What it still sends is read. */
  endReplies(): void {
    this.#socket.end();
  }

  readRest(): "empty" | "ended" | "paused" {
    while (!this.isWaiting) {
      const bytes = read(this.fd, this.#memory, this.#memory.length);
      if (bytes <= 0) return bytes === 0 || errnoName() !== "EAGAIN" ? "ended" : "empty";
      this.#bytes += bytes;
      this.#receive(this.#memory.subarray(0, bytes));
    }
    return "paused";
  }

  dropRest(): number {
    let dropped = 0;
    for (let bytes = 1; bytes > 0; dropped += Math.max(0, bytes))
      bytes = read(this.fd, this.#memory, this.#memory.length);
    return dropped;
  }

  cut(): void {
    this.#socket.destroy();
  }

  stop(): void {
    this.#stopped = true;
    this.#socket.resume();
  }

  /**
   * Ends a stopped channel. If the sender has got replies, it may close the connection first: bytes that arrive at a
   * closed socket reset the connection, and replies in transit would be lost.
   */
  async finish(patienceMs: number = FINISH_MS_MAX): Promise<void> {
    if (this.#replied) {
      this.#socket.end();
      const patience = setTimeout(() => this.#socket.destroy(), patienceMs);
      await this.closed;
      clearTimeout(patience);
    } else {
      this.#socket.destroy();
      await this.closed;
    }
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
    if (!this.isWaiting || this.#stopped) this.#socket.resume();
  };

  /** @returns false to make Node stop reading until resume() */
  #receive(chunk: Buffer): boolean {
    if (this.#stopped) return true;
    this.#isActive = true;
    const backpressure = this.#receiver.receive(chunk);
    if (backpressure === undefined || this.#stopped) return true;
    this.#waiting = true;
    void backpressure.then(() => {
      this.#waiting = false;
      if (!this.#isPaused) this.#socket.resume();
    });
    this.#onPause();
    return false;
  }
}
