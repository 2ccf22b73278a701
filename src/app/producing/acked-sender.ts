import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Backpressure, Gate } from "../../core/backpressure.ts";
import { ACK_WINDOW_BYTES_MAX, RETRY_MS_MAX } from "../../core/limits.ts";
import { countLines } from "../../core/whole-lines.ts";
import type { Sender } from "../../transports/transport.ts";
import type { Welcome } from "../acks/protocol.ts";
import { AckWindow } from "./ack-window.ts";
import { AckedConnection } from "./acked-connection.ts";

export interface AckedSenderOptions {
  /** Names this sequence of lines; no other sender may use it. */
  readonly producer: string;
  /** Finds an aggregator and connects to it. @throws when that takes too long */
  connect(signal: AbortSignal): Promise<Socket>;
  /** How long close() waits for acknowledgements while none come, milliseconds. */
  readonly waitMs: number;
  /** Lines that the aggregator refused for their length, or that were never acknowledged. */
  unsent(kind: "tooLong" | "unacknowledged", lines: number): void;
  /** The lines from `first` to `last` were never acknowledged. */
  unacknowledged(first: number, last: number): void;
}

/** A sender that keeps each line until the aggregator has acknowledged it, and sends it again when the connection breaks. */
export class AckedSender implements Sender {
  readonly #options: AckedSenderOptions;
  readonly #window = new AckWindow();
  readonly #room = new Gate();
  /** Open while lines wait for acknowledgements that close() waits for. */
  readonly #progress = new Gate();
  readonly #stop = new AbortController();
  #connection: AckedConnection | undefined;
  #failure: unknown;
  #closing: Promise<void> | undefined;

  constructor(options: AckedSenderOptions) {
    this.#options = options;
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#converse(await this.#options.connect(AbortSignal.any([signal, this.#stop.signal])));
  }

  send(lines: Buffer): Backpressure {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const held = Buffer.from(lines);
    this.#window.push(held, countLines(held));
    if (this.#connection?.open === true) this.#connection.send(held);
    if (this.#window.bytes < ACK_WINDOW_BYTES_MAX) return undefined;
    this.#room.close();
    return this.#room.pass()?.then(() => {
      if (this.#failure !== undefined) throw this.#failure;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #converse(socket: Socket): void {
    this.#connection = new AckedConnection(socket, {
      producer: this.#options.producer,
      first: this.#window.first,
      welcomed: (welcome) => this.#resume(welcome),
      acknowledged: (upTo) => this.#acknowledged(upTo),
      refused: (lines) => this.#options.unsent("tooLong", lines),
      over: (fatal) => void this.#reconnect(fatal),
    });
  }

  /** Sends again what the aggregator hasn't taken. */
  #resume({ next }: Welcome): void {
    for (const lines of this.#window.from(next)) this.#connection?.send(lines);
  }

  #acknowledged(upTo: number): void {
    this.#window.acknowledge(upTo);
    this.#progress.open();
    if (this.#window.bytes <= ACK_WINDOW_BYTES_MAX / 2) this.#room.open();
  }

  async #reconnect(fatal: unknown): Promise<void> {
    this.#connection = undefined;
    if (this.#stop.signal.aborted) return;
    try {
      if (fatal !== undefined) throw fatal;
      // Varied, so that the senders of an aggregator that was restarted don't all come at once.
      // Until close() gives up, whoever asked for an end: the lines are still held.
      const { signal } = this.#stop;
      await pause(Math.random() * RETRY_MS_MAX, undefined, { signal });
      this.#converse(await this.#options.connect(signal));
    } catch (error) {
      this.#failure ??= error;
      this.#room.open();
      this.#progress.open();
    }
  }

  async #close(): Promise<void> {
    await this.#acknowledgedOrSilent();
    this.#stop.abort();
    if (this.#window.empty) this.#connection?.end();
    else this.#connection?.destroy();
    this.#failure ??= new Error("the sender is closed");
    this.#room.open();
    const { first, next } = this.#window;
    if (first === next) return;
    this.#options.unsent("unacknowledged", next - first);
    this.#options.unacknowledged(first, next - 1);
  }

  /** Waits for acknowledgements as long as they keep coming. */
  async #acknowledgedOrSilent(): Promise<void> {
    while (!this.#window.empty && this.#failure === undefined) {
      const before = this.#window.first;
      this.#progress.close();
      const silence = setTimeout(() => this.#progress.open(), this.#options.waitMs);
      await this.#progress.pass();
      clearTimeout(silence);
      if (this.#window.first === before) return;
    }
  }
}
