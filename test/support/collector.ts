import { type Backpressure, Gate } from "../../src/core/backpressure.ts";
import type { MessageBatch } from "../../src/core/message-batch.ts";
import { type FramingCounts, framingCounts } from "../../src/framing/framing.ts";
import { MessageFramer } from "../../src/framing/message-framer.ts";
import { StreamFramer } from "../../src/framing/stream-framer.ts";
import { TailBudget } from "../../src/framing/tail-budget.ts";
import type { Channel, MessageReceiver, StreamReceiver, TransportTraits } from "../../src/transports/transport.ts";

/** What was received on one channel. */
export interface CollectedChannel {
  readonly id: number;
  /** Chunks of a stream, or messages, as they arrived. */
  readonly received: Buffer[];
  /** Times end() was called. */
  ends: number;
}

const TAIL_BYTES_MAX = 64 * 1024 * 1024;

/** The receiving side of a listener under test: keeps copies of all bytes, frames them, and can pause the transport. */
export class Collector {
  readonly channels: CollectedChannel[] = [];
  readonly counts: FramingCounts = framingCounts();
  /** Breaches of the receivers' contract; every test expects none. */
  readonly breaches: string[] = [];
  readonly #traits: TransportTraits;
  readonly #lineBytesMax: number;
  readonly #gate = new Gate();
  readonly #blocks: string[] = [];
  readonly #watches: (() => void)[] = [];
  #linesEnded = 0;
  #bytes = 0;

  constructor(traits: TransportTraits, lineBytesMax: number) {
    this.#traits = traits;
    this.#lineBytesMax = lineBytesMax;
  }

  /** All whole lines of all channels, without LF, one character per byte. */
  get lines(): string[] {
    return this.#blocks.join("").split("\n").slice(0, -1);
  }

  get lineCount(): number {
    return this.#linesEnded;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** From now on every receive() asks for a pause. */
  pause(): void {
    this.#gate.close();
  }

  /** A promise while a pause is asked for. */
  backpressure(): Backpressure {
    return this.#gate.pass();
  }

  /** Ends the pause. */
  resume(): void {
    this.#gate.open();
  }

  /** Resolves once the condition holds; it is checked after each input, each end and each new channel. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watches.push(resolve));
  }

  stream({ id }: Channel): StreamReceiver {
    const channel = this.#begun(id);
    const framer = new StreamFramer(
      { lineBytesMax: this.#lineBytesMax, budget: new TailBudget(TAIL_BYTES_MAX), counts: this.counts },
      this.#keep,
    );
    const pause = new PauseWatch(channel, this.breaches);
    return {
      receive: (chunk) => {
        if (chunk.length === 0) this.breaches.push("a chunk without a byte");
        this.#take(channel, chunk);
        framer.push(chunk);
        return pause.asked(this.#afterInput());
      },
      end: () => {
        channel.ends++;
        framer.end();
        this.#notify();
      },
    };
  }

  messages({ id }: Channel): MessageReceiver {
    const channel = this.#begun(id);
    const framer = new MessageFramer(this.#lineBytesMax, this.counts, this.#keep);
    const pause = new PauseWatch(channel, this.breaches);
    return {
      receiveBatch: (batch) => {
        for (let i = 0; i < batch.count; i++) this.#take(channel, messageOf(batch, i));
        framer.push(batch);
        return pause.asked(this.#afterInput());
      },
      end: () => {
        channel.ends++;
        this.#notify();
      },
    };
  }

  #begun(id: number): CollectedChannel {
    const channel: CollectedChannel = { id, received: [], ends: 0 };
    if (this.channels.some((other) => other.id === id)) this.breaches.push(`channel ${id} came twice`);
    this.channels.push(channel);
    this.#notify();
    return channel;
  }

  #take(channel: CollectedChannel, bytes: Buffer): void {
    if (channel.ends > 0 && this.#traits.channel === "peer") this.breaches.push(`input after end() on ${channel.id}`);
    this.#bytes += bytes.length;
    channel.received.push(Buffer.from(bytes));
  }

  readonly #keep = (block: Buffer): void => {
    const text = block.toString("latin1");
    this.#blocks.push(text);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#linesEnded++;
  };

  #afterInput(): Backpressure {
    this.#notify();
    return this.backpressure();
  }

  #notify(): void {
    for (const watch of this.#watches.splice(0)) watch();
  }
}

/** Notices input on a channel whose last receive() asked for a pause that isn't over. */
class PauseWatch {
  readonly #channel: CollectedChannel;
  readonly #breaches: string[];
  #pausing = false;

  constructor(channel: CollectedChannel, breaches: string[]) {
    this.#channel = channel;
    this.#breaches = breaches;
  }

  asked(backpressure: Backpressure): Backpressure {
    if (this.#pausing) this.#breaches.push(`input during a pause on channel ${this.#channel.id}`);
    if (backpressure === undefined) return undefined;
    this.#pausing = true;
    return backpressure.then(() => {
      this.#pausing = false;
    });
  }
}

function messageOf(batch: MessageBatch, index: number): Buffer {
  return batch.bytes.subarray(index * batch.slotBytes, index * batch.slotBytes + batch.length(index));
}
