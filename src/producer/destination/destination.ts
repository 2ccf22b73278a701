import { type Endpoint, formatAddress } from "../../core/endpoint.ts";
import { BATCH_BYTES_DEFAULT } from "../../core/tuning.ts";
import { countLines } from "../../core/whole-lines.ts";
import type { SenderReport } from "../log-sender.ts";
import type { BoundedOutlet } from "./bounded-outlet.ts";

/** Memory for one block: text of a third of it fits, whatever its characters are. */
const BLOCK_BYTES = 4 * BATCH_BYTES_DEFAULT;

/** What became of a destination's lines: each is sent, unsent in one class, or still waits. */
export interface DestinationReport extends SenderReport {
  readonly waiting: number;
}

/**
 * Takes the lines of a logger. It never waits and never throws. The lines of one iteration of the event loop are sent
 * together.
 */
export class Destination implements AsyncDisposable {
  /** pino takes a destination as its only argument when it has this. */
  readonly writable = true;
  readonly #endpoint: Endpoint;
  readonly #outlet: BoundedOutlet;
  readonly #ended: () => void;
  #text = "";
  #memory: Buffer | undefined;
  #closing: Promise<DestinationReport> | undefined;
  #isExiting = false;
  #isGivenUp = false;

  /** @param ended called when it takes no more lines */
  constructor(endpoint: Endpoint, outlet: BoundedOutlet, ended: () => void) {
    this.#endpoint = endpoint;
    this.#outlet = outlet;
    this.#ended = ended;
  }

  /** Takes whole lines, each ended by LF, as pino passes them. */
  write(lines: string): void {
    if (this.#text === "") setImmediate(this.#flush);
    this.#text += lines;
    if (this.#isExiting) this.#sendNow();
    else if (this.#text.length >= BATCH_BYTES_DEFAULT) this.flushSync();
  }

  /** Passes on what write() took, as far as that is possible without waiting. */
  flushSync(): void {
    if (this.#text === "") return;
    const text = this.#text.endsWith("\n") ? this.#text : `${this.#text}\n`;
    this.#text = "";
    if (this.#outlet.take(this.#encode(text))) this.#memory = undefined;
  }

  /**
   * Calls back when the kernel has all lines, or the aggregator has acknowledged them where that was asked for; with an
   * error when none has moved for a second.
   */
  flush(done: (error?: Error) => void = () => {}): void {
    this.flushSync();
    void this.#outlet.settled().then(() => {
      const { waiting } = this.#outlet.counts();
      if (waiting === 0) done();
      else done(new Error(`${waiting} lines wait for the aggregator`));
    });
  }

  /** The account so far. */
  report(): DestinationReport {
    const { sent, waiting, unsent } = this.#outlet.counts();
    return {
      transport: this.#endpoint.transport,
      address: formatAddress(this.#endpoint),
      sent,
      waiting: waiting + countLines(Buffer.from(this.#text)),
      unsent,
      failure: this.#outlet.carrier.connection.failure,
    };
  }

  /** Sends what waits; gives up when none has moved for a second. What is written later is dropped. Idempotent. */
  close(): Promise<DestinationReport> {
    this.flushSync();
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Sends what waits without an event loop: it blocks for at most a second in which no line moves, and for 10 s
   * altogether. Where no aggregator was ever reached, it tries once.
   */
  settleSync(): DestinationReport {
    this.flushSync();
    this.#outlet.settle();
    return this.report();
  }

  /** The same, when there will be no event loop any more: what is written later is sent at once. */
  exit(): DestinationReport {
    this.#isExiting = true;
    this.#sendNow();
    return this.report();
  }

  readonly #flush = (): void => this.flushSync();

  /** Waits for the aggregator, unless that was in vain before. */
  #sendNow(): void {
    this.flushSync();
    if (this.#isGivenUp) return;
    this.#outlet.settle();
    this.#isGivenUp = this.#outlet.counts().waiting > 0;
  }

  async #close(): Promise<DestinationReport> {
    await this.#outlet.settled();
    await this.#outlet.close();
    this.#ended();
    return this.report();
  }

  /** UTF-8 in memory that the next call uses again. */
  #encode(text: string): Buffer {
    if (3 * text.length > BLOCK_BYTES) return Buffer.from(text);
    this.#memory ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    return this.#memory.subarray(0, this.#memory.write(text));
  }
}
