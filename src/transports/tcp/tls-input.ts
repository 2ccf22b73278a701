import { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { unreadBytes } from "../../os/socket-options.ts";
import type { ChannelInput, InputReceiver } from "../shared/channel-input.ts";
import type { Handshakes } from "./handshakes.ts";

export interface TlsInputOptions {
  readonly fd: number;
  readonly handshakes: Handshakes;
  readonly receiver: InputReceiver;
  /** The handshake failed, and the connection is closed. */
  failed(reason: string): void;
}

/** A connection whose bytes are decrypted. Node reads it, so all it has read arrives in an event. */
export class TlsInput implements ChannelInput {
  readonly closed: Promise<void>;
  readonly #fd: number;
  readonly #receiver: InputReceiver;
  /** Its bytes are the encrypted ones. */
  readonly #socket: Socket;
  #secured: TLSSocket | undefined;
  #isEnding = false;
  #droppedBytes = 0;

  constructor({ fd, handshakes, receiver, failed }: TlsInputOptions) {
    this.#fd = fd;
    this.#receiver = receiver;
    this.#socket = new Socket({ fd, readable: true, writable: true });
    this.#socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      this.#socket.once("close", () => {
        this.#passRest();
        resolve();
      });
    });
    const secured = (socket: TLSSocket): void => this.#begin(socket);
    handshakes.begin({
      fd,
      socket: this.#socket,
      secured,
      failed: (reason) => {
        if (!this.#isEnding) failed(reason);
      },
    });
  }

  get bytes(): number {
    return this.#socket.bytesRead - this.#droppedBytes;
  }

  get isOver(): boolean {
    return this.#socket.destroyed;
  }

  get output(): Socket {
    return this.#secured ?? this.#socket;
  }

  pause(): void {
    this.#secured?.pause();
  }

  resume(): void {
    this.#secured?.resume();
  }

  /**
   * A sender whose handshake hasn't begun can't have sent a line, and needn't be waited for. Another one may have
   * finished it on its side and be writing.
   */
  end(): void {
    this.#isEnding = true;
    if (this.#secured !== undefined) this.#secured.end();
    else if (this.#socket.bytesRead === 0) this.#socket.destroy();
  }

  destroy(): void {
    this.#isEnding = true;
    (this.#secured ?? this.#socket).destroy();
  }

  readRest(): "empty" | "ended" | "paused" {
    if (this.isOver) return "ended";
    const isRead = (this.#secured?.readableLength ?? 0) === 0 && unreadBytes(this.#fd) === 0;
    return isRead && !this.#receiver.isWaiting ? "empty" : "paused";
  }

  dropRest(): number {
    // read() would pass on what it returns, too.
    this.#secured?.removeAllListeners("data");
    for (let chunk = this.#read(); chunk !== null; chunk = this.#read()) this.#droppedBytes += chunk.length;
    return this.#droppedBytes + unreadBytes(this.#fd);
  }

  #begin(socket: TLSSocket): void {
    this.#secured = socket;
    socket.on("error", () => {});
    this.#receiver.begin();
    socket.on("data", (chunk: Buffer) => {
      if (!this.#receiver.receive(chunk)) socket.pause();
    });
    if (this.#receiver.isWaiting) socket.pause();
    // Not within the handshake, while OpenSSL is reading.
    if (this.#isEnding) setImmediate(() => socket.end());
  }

  /** What was decrypted and not passed on, because the receiver paused when the connection broke. */
  #passRest(): void {
    for (let chunk = this.#read(); chunk !== null; chunk = this.#read()) this.#receiver.receive(chunk);
  }

  #read(): Buffer | null {
    return this.#secured?.read() ?? null;
  }
}
