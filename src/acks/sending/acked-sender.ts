import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Backpressure, Gate } from "../../core/backpressure.ts";
import type { OperationalError } from "../../core/errors.ts";
import { ACK_WINDOW_BYTES_MAX } from "../../core/limits.ts";
import { RETRY_MS_MAX } from "../../core/tuning.ts";
import { countLines } from "../../core/whole-lines.ts";
import type { Sender } from "../../transports/transport.ts";
import type { LineNumber } from "../protocol.ts";
import { AckWindow } from "./ack-window.ts";
import { AckedConnection, type SequenceName } from "./acked-connection.ts";

/**
 * How often the pause before reconnecting doubles while connections bring no acknowledgement: up to 1.6 s, so that a
 * refusing aggregator isn't flooded.
 */
const RETRY_DOUBLINGS_MAX = 5;

export interface AckedSenderOptions {
  /** Names this sequence of lines; no other sender may use it. */
  readonly name: SequenceName;
  /** Finds an aggregator and connects to it. @throws when that takes too long */
  connect(signal: AbortSignal): Promise<Socket>;
  /** How long close() waits for acknowledgements while none come, milliseconds. */
  readonly waitMs: number;
  /** Lines were acknowledged, but they were longer than `lineBytesMax`, without the LF, so they were not stored. */
  tooLong(lines: number, lineBytesMax: number): void;
  /** The lines from `first` to `last` were never acknowledged. */
  unacknowledged(first: LineNumber, last: LineNumber): void;
  /** The sender gave up, because no further connection can help. send() fails from now on. */
  gaveUp(error: unknown): void;
}

/**
 * A sender that keeps each line until the aggregator acknowledges it, and sends it again when the connection breaks.
 */
export class AckedSender implements Sender {
  readonly #options: AckedSenderOptions;
  readonly #window = new AckWindow();
  readonly #gate = new Gate();
  /** Closed while close() waits for an acknowledgement. */
  readonly #progress = new Gate();
  readonly #stop = new AbortController();
  #connection: AckedConnection | undefined;
  /** Connections in a row that ended without an acknowledgement. */
  #failedConnections = 0;
  #failure: unknown;
  #isClosed = false;
  /** Number after the last line that was reported as never acknowledged. */
  #reported: LineNumber = 0;
  #closing: Promise<void> | undefined;

  constructor(options: AckedSenderOptions) {
    this.#options = options;
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#beginDialogue(await this.#options.connect(AbortSignal.any([signal, this.#stop.signal])));
  }

  send(lines: Buffer): Backpressure {
    const pending = Buffer.from(lines);
    this.#window.push(pending, countLines(pending));
    if (this.#failure !== undefined) {
      // Lines count as sent until they are reported. close() does that, unless it has already ended.
      if (this.#isClosed) this.#report();
      return Promise.reject(this.#failure);
    }
    if (this.#connection?.isOpen === true) this.#connection.send(pending);
    if (this.#window.bytes < ACK_WINDOW_BYTES_MAX) return undefined;
    this.#gate.close();
    return this.#gate.pass()?.then(() => {
      if (this.#failure !== undefined) throw this.#failure;
    });
  }

  /** Lines that are not acknowledged. */
  get waiting(): number {
    return this.#window.next - this.#window.first;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #beginDialogue(socket: Socket): void {
    this.#connection = new AckedConnection(socket, {
      name: this.#options.name,
      window: this.#window,
      acknowledged: (tooLong, lineBytesMax) => this.#acknowledged(tooLong, lineBytesMax),
      over: (fatal) => void this.#reconnect(fatal),
    });
  }

  #acknowledged(tooLong: number, lineBytesMax: number): void {
    this.#failedConnections = 0;
    if (tooLong > 0) this.#options.tooLong(tooLong, lineBytesMax);
    this.#progress.open();
    if (this.#window.bytes <= ACK_WINDOW_BYTES_MAX / 2) this.#gate.open();
  }

  async #reconnect(fatal: OperationalError | undefined): Promise<void> {
    this.#connection = undefined;
    const { signal } = this.#stop;
    if (signal.aborted) return;
    try {
      if (fatal !== undefined) throw fatal;
      // Random, so that the senders of a restarted aggregator don't all reconnect at the same time.
      const pauseMs = Math.random() * RETRY_MS_MAX * 2 ** this.#failedConnections;
      this.#failedConnections = Math.min(this.#failedConnections + 1, RETRY_DOUBLINGS_MAX);
      // Retries until close() gives up, even when a stop was requested: the lines are still pending.
      await pause(pauseMs, undefined, { signal });
      this.#beginDialogue(await this.#options.connect(signal));
    } catch (error) {
      if (!signal.aborted) this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): void {
    this.#failure = error;
    this.#options.gaveUp(error);
    this.#gate.open();
    this.#progress.open();
  }

  async #close(): Promise<void> {
    await this.#untilAcknowledgedOrSilent();
    this.#stop.abort();
    if (this.#window.isEmpty) this.#connection?.end();
    else this.#connection?.destroy();
    this.#failure ??= new Error("the sender is closed");
    this.#gate.open();
    this.#isClosed = true;
    this.#report();
  }

  #report(): void {
    const first = Math.max(this.#window.first, this.#reported);
    const { next } = this.#window;
    if (first < next) this.#options.unacknowledged(first, next - 1);
    this.#reported = next;
  }

  /** Waits for acknowledgements as long as they keep coming. */
  async #untilAcknowledgedOrSilent(): Promise<void> {
    while (!this.#window.isEmpty && this.#failure === undefined) {
      const before = this.#window.first;
      this.#progress.close();
      const silence = setTimeout(() => this.#progress.open(), this.#options.waitMs);
      await this.#progress.pass();
      clearTimeout(silence);
      if (this.#window.first === before) return;
    }
  }
}
