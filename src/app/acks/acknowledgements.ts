import { ACKED_PRODUCERS_MAX } from "../../core/limits.ts";
import type { Sink } from "../../sink/sink.ts";
import type { Channel } from "../../transports/transport.ts";
import { AckedChannel } from "./acked-channel.ts";
import { encodeMessage, type Hello, VERSION } from "./protocol.ts";
import { type ChannelFraming, StreamRoad } from "./stream-road.ts";

/** What is known of a producer, from its first hello on. */
interface Known {
  channel: AckedChannel;
  /** Where its last line ends in the sink. */
  position: number;
}

export interface AcknowledgementSettings {
  /** The durability mode, told in every welcome. */
  readonly durability: string;
  readonly lineBytesMax: number;
}

/** All acknowledged senders of an aggregator, over whichever transports: who has sent what, and who waits for a word. */
export class Acknowledgements {
  readonly #sink: Sink;
  readonly #settings: AcknowledgementSettings;
  /** In the order of their last hello, the latest last. */
  readonly #known = new Map<string, Known>();
  readonly #waiting = new Set<AckedChannel>();
  #suppressed = 0;

  constructor(sink: Sink, settings: AcknowledgementSettings) {
    this.#sink = sink;
    this.#settings = settings;
    sink.onConfirmed((upTo) => this.#confirm(upTo));
  }

  /** Lines that senders held still and that were not taken a second time. */
  get suppressed(): number {
    return this.#suppressed;
  }

  /** Begins an acknowledged channel: answers with welcome, and takes over from the producer's older connection. */
  begin(hello: Hello, channel: Channel, framing: ChannelFraming): AckedChannel {
    const before = this.#known.get(hello.producer);
    before?.channel.refuse("a newer connection of this producer took over");
    const next = Math.max(hello.first, before?.channel.next ?? 0);
    this.#suppressed += next - hello.first;
    const position = before?.position ?? 0;
    const road = new StreamRoad(framing);
    const begun = new AckedChannel(hello.producer, channel, road, next, next > hello.first ? position : undefined);
    this.#remember(hello.producer, { channel: begun, position });
    channel.reply?.(encodeMessage({ welcome: VERSION, next, ...this.#settings }));
    this.#await(begun);
    return begun;
  }

  take(channel: AckedChannel, chunk: Buffer): void {
    channel.take(chunk, this.#position);
    const known = this.#known.get(channel.producer);
    if (known?.channel === channel) known.position = this.#sink.position();
    this.#await(channel);
  }

  readonly #position = (): number => this.#sink.position();

  #await(channel: AckedChannel): void {
    channel.acknowledge(this.#sink.confirmed());
    if (!channel.quiet && !channel.over) this.#waiting.add(channel);
  }

  #confirm(upTo: number): void {
    for (const channel of this.#waiting) {
      channel.acknowledge(upTo);
      if (channel.quiet || channel.over) this.#waiting.delete(channel);
    }
  }

  #remember(producer: string, known: Known): void {
    this.#known.delete(producer);
    this.#known.set(producer, known);
    if (this.#known.size <= ACKED_PRODUCERS_MAX) return;
    for (const [oldest, { channel }] of this.#known) {
      if (!channel.over) continue;
      this.#known.delete(oldest);
      return;
    }
  }
}
