import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { type Backpressure, Gate } from "../../core/backpressure.ts";
import { CLOSE_ANSWER_MS_MAX } from "../../core/limits.ts";
import { RETRY_MS_MIN } from "../../core/tuning.ts";
import { countLines } from "../../core/whole-lines.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import { SO_ERROR, SOL_SOCKET } from "../../os/constants.ts";
import { descriptorOf, duplicate, getOption } from "../../os/socket-options.ts";
import { SentMarks } from "../shared/sent-marks.ts";
import { ARRIVAL_MS_MAX, type SenderLink, type StreamKind } from "../shared/stream-link.ts";
import type { TlsConnection } from "./tls-connection.ts";

/**
 * Most bytes that are encrypted at once, as a copy. While the kernel hasn't taken them, nobody knows which of their
 * lines will arrive.
 */
const WRITE_BYTES_MAX: number = 64 * 1024;

/**
 * One TLS connection of a sender. It makes one write at a time, so that it is known which lines the kernel has
 * accepted. Positions in the connection are those of encrypted bytes.
 */
export class TlsLink implements SenderLink {
  readonly #socket: TLSSocket;
  readonly #carrier: Socket;
  readonly #kind: StreamKind;
  /** Stays open after the socket, for what the kernel knows of the connection. */
  readonly #fd: number;
  readonly #marks = new SentMarks();
  /** Closed while a write isn't complete. */
  readonly #writable = new Gate();
  /** Lines of the write that isn't complete. */
  #linesInWrite = 0;
  /** The kernel has taken all of the last write. */
  #isTaken = true;
  #asked = false;
  #reset = false;
  #closed = false;
  #onEnd: () => void = () => {};

  /** @param asked called when the other side is closing */
  constructor({ socket, carrier }: TlsConnection, kind: StreamKind, asked: () => void) {
    this.#socket = socket;
    this.#carrier = carrier;
    this.#kind = kind;
    this.#fd = duplicate(descriptorOf(carrier));
    socket.once("end", () => {
      this.#asked = true;
      this.#onEnd();
      asked();
    });
    socket.on("error", () => {
      this.#reset = true;
    });
    socket.once("close", () => {
      this.#reset ||= !this.#asked || !socket.writableFinished;
      this.#onEnd();
      this.#writable.open();
      asked();
    });
    // Replies are ignored.
    socket.resume();
  }

  get isAsked(): boolean {
    return this.#asked || this.isOver;
  }

  get isOver(): boolean {
    return this.#reset || this.#closed || !this.#socket.writable;
  }

  get isUnused(): boolean {
    return this.#marks.bytes === 0 && this.#linesInWrite === 0;
  }

  write(block: Buffer, count: number): number {
    if (this.isOver || this.#writable.closed) return 0;
    const bytes = Buffer.from(block.length <= WRITE_BYTES_MAX ? block : block.subarray(0, WRITE_BYTES_MAX));
    const lines = bytes.length === block.length ? count : countLines(bytes);
    this.#linesInWrite = lines;
    this.#isTaken = false;
    this.#writable.close();
    this.#socket.write(bytes, (error) => {
      if (error == null) {
        this.#marks.note(this.#carrier.bytesWritten - this.#marks.bytes, lines);
        this.#linesInWrite = 0;
        this.#isTaken = true;
      }
      this.#writable.open();
    });
    return bytes.length;
  }

  writable(): Backpressure {
    return this.isOver ? undefined : this.#writable.pass();
  }

  accepted(): Backpressure {
    return this.writable();
  }

  async end(): Promise<number> {
    this.#socket.end();
    await this.#untilEnded();
    const deadline = performance.now() + ARRIVAL_MS_MAX;
    while (this.#asked && !this.#isSettled() && performance.now() < deadline) await pause(RETRY_MS_MIN);
    const lines = this.#linesInWrite + this.#marks.linesInLast(this.#doubtfulBytes());
    this.close();
    return lines;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    closeDescriptor(this.#fd);
    this.#writable.open();
  }

  /** Waits, for a limited time, until the other side closes or the connection is reset. */
  async #untilEnded(): Promise<void> {
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
    return this.#reset || (this.#socket.writableFinished && this.#unarrivedBytes() === 0);
  }

  /** Of the lines' bytes; what follows them is TLS's own. Node counts a write's bytes before the kernel has taken them. */
  #unarrivedBytes(): number {
    const finBytes = this.#socket.writableFinished ? 1 : 0;
    const ownBytes = this.#isTaken ? this.#carrier.bytesWritten - this.#marks.bytes : 0;
    return Math.max(0, this.#kind.unarrivedBytes(this.#fd) - finBytes - ownBytes);
  }

  /** See StreamLink. */
  #doubtfulBytes(): number {
    if (this.#asked) return this.#unarrivedBytes();
    return this.#reset ? this.#unarrivedBytes() + this.#kind.unreadBytesMax(this.#fd) : 0;
  }
}
