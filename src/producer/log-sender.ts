import type { Backpressure } from "../core/backpressure.ts";
import { type Endpoint, formatAddress } from "../core/endpoint.ts";
import { STOP_MS_MAX } from "../core/limits.ts";
import type { TransportName } from "../core/transport-name.ts";
import { countLines, LINE_FEED } from "../core/whole-lines.ts";
import type { UnsentClass } from "../transports/transport.ts";
import { type LineBlock, LineQueue } from "./line-queue.ts";
import type { AttachedOutlet } from "./open-outlet.ts";

/** What became of a sender's lines: each is either sent or of one class of unsent. */
export interface SenderReport {
  readonly transport: TransportName;
  readonly address: string;
  /** Accepted by the kernel; with acknowledgements, and once the sender is closed, acknowledged. */
  readonly sent: number;
  /** `overflow`: the queue was full, because send() was called again and again without waiting. */
  readonly unsent: Readonly<Record<UnsentClass | "overflow", number>>;
  /** The error of the last send that failed, or why the sender gave up. */
  readonly failure: unknown;
}

export interface LogSenderOptions extends AttachedOutlet {
  readonly endpoint: Endpoint;
  readonly waitMs: number;
  readonly queueBytesMax: number;
  /** Aborted to end the search for an aggregator. */
  readonly end: AbortController;
}

/** Sends lines of a program to an aggregator. Made by createSender(). */
export class LogSender implements AsyncDisposable {
  readonly #options: LogSenderOptions;
  /** Lines that wait while earlier ones are being sent. */
  readonly #queue: LineQueue;
  #overflow = 0;
  #failure: unknown;
  /** Settles when nothing is being sent any more. */
  #busy: Promise<void> | undefined;
  #isGivenUp = false;
  #closing: Promise<SenderReport> | undefined;

  constructor(options: LogSenderOptions) {
    this.#options = options;
    this.#queue = new LineQueue(options.queueBytesMax);
  }

  /**
   * Sends a line, or several separated by LF; the last LF may be omitted.
   *
   * @returns undefined when the kernel has accepted them; otherwise a promise, which asks the caller to wait before the
   *   next send. It rejects when lines could not be sent; the report counts them too. Bytes must not change until it
   *   settles.
   * @throws Error after close()
   */
  send(lines: string | Uint8Array): Backpressure {
    if (this.#closing !== undefined) throw new Error("send() on a closed sender");
    const bytes = wholeLines(lines);
    if (bytes.length === 0) return undefined;
    const block = { bytes, lines: countLines(bytes) };
    if (this.#busy !== undefined) {
      if (!this.#queue.push(block)) this.#overflow += block.lines;
      return this.#busy;
    }
    const backpressure = this.#ship(block);
    if (backpressure === undefined) return undefined;
    const busy = this.#finish(backpressure);
    // A caller that doesn't wait learns of a failure from the report. An unhandled rejection would end its process.
    busy.catch(() => {});
    this.#busy = busy;
    return busy;
  }

  /** The account so far. */
  report(): SenderReport {
    const { endpoint, outlet, gaveUp } = this.#options;
    const { sent, unsent } = outlet.tally;
    return {
      transport: endpoint.transport,
      address: formatAddress(endpoint),
      sent,
      unsent: { ...unsent, overflow: this.#overflow },
      failure: this.#failure ?? gaveUp(),
    };
  }

  /**
   * Sends what is queued, for `waitMs` but at least a second, and waits for acknowledgements as long as they keep
   * coming. Idempotent.
   */
  close(): Promise<SenderReport> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A rejection means that the block's lines are counted as unsent, by the sender. */
  #ship({ bytes, lines }: LineBlock): Backpressure {
    try {
      return this.#options.outlet.ship(bytes, lines);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #finish(first: Promise<void>): Promise<void> {
    try {
      await first;
      for (let block = this.#queue.shift(); block !== undefined; block = this.#queue.shift()) {
        if (this.#isGivenUp) this.#options.outlet.withhold("broken", block.lines);
        else await this.#ship(block);
      }
    } catch (error) {
      this.#failure = error;
      for (let block = this.#queue.shift(); block !== undefined; block = this.#queue.shift()) {
        this.#options.outlet.withhold("broken", block.lines);
      }
      throw error;
    } finally {
      this.#busy = undefined;
    }
  }

  async #close(): Promise<SenderReport> {
    const { sender, waitMs } = this.#options;
    const patience = setTimeout(() => this.#giveUp(), Math.max(waitMs, STOP_MS_MAX));
    await this.#busy?.catch(() => {});
    clearTimeout(patience);
    await sender.close();
    return this.report();
  }

  #giveUp(): void {
    this.#isGivenUp = true;
    this.#options.end.abort();
    void this.#options.sender.close();
  }
}

/** The bytes themselves if they end in LF, otherwise a copy that does. */
function wholeLines(lines: string | Uint8Array): Buffer {
  if (typeof lines === "string") return Buffer.from(lines === "" || lines.endsWith("\n") ? lines : `${lines}\n`);
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  return bytes.length === 0 || bytes.at(-1) === LINE_FEED ? bytes : Buffer.concat([bytes, Buffer.of(LINE_FEED)]);
}
