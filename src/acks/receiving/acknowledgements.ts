import { ACKED_NAMES_MAX } from "../../core/limits.ts";
import type { Sink, SinkPosition } from "../../sink/sink.ts";
import type { Connection } from "../../transports/transport.ts";
import { encodeMessage, type Hello, VERSION } from "../protocol.ts";
import { AckedChannel } from "./acked-channel.ts";
import { type ChannelFraming, CountedFramer } from "./counted-framer.ts";
import { type Progress, Remembered } from "./remembered.ts";

const NO_PROGRESS: Progress = { next: 0, position: 0 };

export interface AcknowledgementSettings {
  /** The durability mode, which every welcome reports. */
  readonly durability: string;
  readonly lineBytesMax: number;
}

/**
 * All acknowledged senders of an aggregator, over all transports: how far each got, and which wait for an
 * acknowledgement.
 */
export class Acknowledgements {
  readonly #sink: Sink;
  readonly #settings: AcknowledgementSettings;
  readonly #connected = new Map<string, AckedChannel>();
  readonly #remembered = new Remembered(ACKED_NAMES_MAX);
  readonly #waiting = new Set<AckedChannel>();
  #suppressed = 0;

  constructor(sink: Sink, settings: AcknowledgementSettings) {
    this.#sink = sink;
    this.#settings = settings;
    sink.onConfirmed((upTo) => this.#confirm(upTo));
  }

  /** Lines that senders still had pending and that were not stored a second time. */
  get suppressed(): number {
    return this.#suppressed;
  }

  /** Begins an acknowledged channel: answers with a welcome, and ends an older connection of the same sequence. */
  begin(hello: Hello, connection: Connection, framing: ChannelFraming): AckedChannel {
    const name = sequenceName(hello, connection.peer().uid ?? framing.transport);
    const older = this.#connected.get(name);
    if (older !== undefined) {
      older.refuse({ error: "a newer connection of this sequence took over", retry: false });
      this.end(older);
    }
    const progress = this.#remembered.remove(name) ?? NO_PROGRESS;
    const begun = new AckedChannel({
      name,
      connection,
      framer: new CountedFramer(framing),
      progress,
      first: hello.first,
    });
    this.#connected.set(name, begun);
    this.#suppressed += begun.next - hello.first;
    connection.reply(encodeMessage({ welcome: VERSION, next: begun.next, ...this.#settings }));
    this.#acknowledge(begun);
    return begun;
  }

  receive(channel: AckedChannel, chunk: Buffer): void {
    channel.receive(chunk, this.#position);
    if (channel.isOver) this.end(channel);
    else this.#acknowledge(channel);
  }

  /** Ends the channel. Idempotent. */
  end(channel: AckedChannel): void {
    channel.end();
    this.#waiting.delete(channel);
    if (this.#connected.get(channel.name) !== channel) return;
    this.#connected.delete(channel.name);
    // A sequence without a line gets the same answer as an unknown one, so there is nothing to remember.
    if (channel.progress.next > 0) this.#remembered.put(channel.name, channel.progress);
  }

  readonly #position = (): SinkPosition => this.#sink.position();

  #acknowledge(channel: AckedChannel): void {
    channel.acknowledge(this.#sink.confirmed());
    if (!channel.isQuiet) this.#waiting.add(channel);
  }

  #confirm(upTo: SinkPosition): void {
    for (const channel of this.#waiting) {
      channel.acknowledge(upTo);
      if (channel.isQuiet) this.#waiting.delete(channel);
    }
  }
}

/** @param owner the sender's user id where the kernel reports it, otherwise the transport */
function sequenceName({ producer, run }: Hello, owner: number | string): string {
  // Through a Buffer, because a concatenated string keeps its parts in memory: 1 byte per character instead of 100
  // bytes more.
  return Buffer.from(`${owner} ${run} ${producer}`).toString("latin1");
}
