import { type Backpressure, Gate } from "../../core/backpressure.ts";
import { FINISH_MS_MAX, REPLY_BYTES_MAX } from "../../core/limits.ts";
import type { Peer } from "../../core/peer.ts";
import type { Accept, Channel, Connection, StreamReceiver } from "../transport.ts";
import type { AcceptedChannel } from "./accepted-channel.ts";
import type { ChannelInput, InputReceiver, OpenInput } from "./channel-input.ts";

/** How long the input of a refused sender is still read before it is cut, so that the sender can read the refusal. */
const REFUSED_MS_MAX = 5000;

export interface StreamChannelOptions {
  readonly id: number;
  /** An accepted, non-blocking socket; owned by the channel from now on. */
  readonly fd: number;
  readonly openInput: OpenInput;
  readonly accept: Accept<"stream">;
  /** Who is at the other end, as the kernel says. */
  peer(): Peer;
  /** Called when the receiver asked for a pause. */
  onPause(): void;
}

/** One accepted connection: passes its bytes to its receiver. */
export class StreamChannel implements AcceptedChannel, Channel, Connection, InputReceiver {
  readonly id: number;
  readonly connection: Connection = this;
  readonly fd: number;
  readonly closed: Promise<void>;
  readonly #input: ChannelInput;
  readonly #accept: Accept<"stream">;
  readonly #onPause: () => void;
  readonly #peer: () => Peer;
  /** Closed while replies wait until the sender reads them. */
  readonly #unread = new Gate();
  #receiver: StreamReceiver | undefined;
  #waiting = false;
  #isPaused = false;
  #isActive = false;
  #replied = false;
  #stopped = false;

  constructor({ id, fd, openInput, accept, peer, onPause }: StreamChannelOptions) {
    this.id = id;
    this.fd = fd;
    this.#accept = accept;
    this.#onPause = onPause;
    this.#peer = peer;
    this.#input = openInput(fd, this);
    this.closed = this.#input.closed.then(() => this.#receiver?.end());
  }

  get bytes(): number {
    return this.#input.bytes;
  }

  get isOver(): boolean {
    return this.#input.isOver;
  }

  get hasReplies(): boolean {
    return this.#replied;
  }

  get isWaiting(): boolean {
    return !this.#stopped && (this.#waiting || this.#isPaused);
  }

  begin(): void {
    this.#receiver = this.#accept(this);
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#stopped) this.#input.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#waiting && !this.#stopped) this.#input.resume();
  }

  wasActive(): boolean {
    const wasActive = this.#isActive;
    this.#isActive = false;
    return wasActive;
  }

  reply(lines: Buffer): Backpressure {
    const { output } = this.#input;
    if (!output.writable) return undefined;
    this.#replied = true;
    output.write(lines, this.#replyRead);
    if (output.writableLength > REPLY_BYTES_MAX) this.#unread.close();
    return this.#unread.pass();
  }

  readonly #replyRead = (): void => {
    if (this.#input.output.writableLength === 0) this.#unread.open();
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
    this.#input.resume();
    void this.finish(REFUSED_MS_MAX);
  }

  /** Asks the sender, with a FIN, to stop. What it still sends is read. */
  endReplies(): void {
    this.#input.end();
  }

  readRest(): "empty" | "ended" | "paused" {
    return this.#input.readRest();
  }

  dropRest(): number {
    return this.#input.dropRest();
  }

  cut(): void {
    this.#input.destroy();
  }

  stop(): void {
    this.#stopped = true;
    this.#input.resume();
  }

  /**
   * Ends a stopped channel. If the sender has got replies, it may close the connection first: bytes that arrive at a
   * closed socket reset the connection, and replies in transit would be lost.
   */
  async finish(patienceMs: number = FINISH_MS_MAX): Promise<void> {
    if (this.#replied) {
      this.#input.end();
      const patience = setTimeout(() => this.#input.destroy(), patienceMs);
      await this.closed;
      clearTimeout(patience);
    } else {
      this.#input.destroy();
      await this.closed;
    }
  }

  /** @returns false to make the input stop reading until resume() */
  receive(chunk: Buffer): boolean {
    if (this.#stopped) return true;
    this.#isActive = true;
    const backpressure = this.#receiver?.receive(chunk);
    if (backpressure === undefined || this.#stopped) return true;
    this.#waiting = true;
    void backpressure.then(() => {
      this.#waiting = false;
      if (!this.#isPaused) this.#input.resume();
    });
    this.#onPause();
    return false;
  }
}
